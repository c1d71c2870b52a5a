import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

test.each(['docs/architecture.md', 'docs/your-own-game.md'])('every file that %s names exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const named = [...text.matchAll(/`((?:server|games|client-sdk|ops|test|prisma|docs)\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !path.startsWith('games/odd-even'))
  const linked = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, path = '']) => join('docs', path)).filter((path) => !path.includes('://'))
  expect(named.length).toBeGreaterThan(page.includes('architecture') ? 25 : 1)
  expect([...named, ...linked].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})
