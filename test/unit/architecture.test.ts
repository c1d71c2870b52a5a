import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

const PAGES = ['CONTRIBUTING.md', 'SECURITY.md', 'docs/architecture.md', 'docs/your-own-game.md', 'docs/your-own-server.md']

test.each(PAGES)('every file that %s names exists', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const named = [...text.matchAll(/`((?:server|games|client-sdk|ops|test|prisma|docs)\/[\w./-]*)`/g)]
    .map(([, path = '']) => path)
    .filter((path) => !/^games\/odd-even|^client-sdk\/dist/.test(path))
  const linked = [...text.matchAll(/\]\(([^)#]+)\)/g)]
    .map(([, path = '']) => path)
    .filter((path) => !path.includes('://'))
    .map((path) => join(dirname(page), path))
  expect(named.length).toBeGreaterThan(page.includes('architecture') ? 25 : 1)
  expect([...named, ...linked].filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})
