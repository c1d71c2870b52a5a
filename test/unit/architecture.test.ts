import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { brokenPaths, namedIn } from '../../tools/document-paths.ts'
import { ROOT } from '../../tools/services/node.ts'

// The changelog names files of past releases.
const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((page) => page !== 'CHANGELOG.md')
const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')

test.each(PAGES)('every file that %s names in backticks exists, and every link leads to a file and a heading of it', (page) => {
  expect(brokenPaths(page, read(page))).toEqual([])
})

test('the pages about the code name files', () => {
  expect(namedIn(read('docs/architecture.md')).length).toBeGreaterThan(25)
  for (const page of ['CONTRIBUTING.md', 'SECURITY.md', 'docs/your-own-game.md', 'docs/your-own-server.md'])
    expect(namedIn(read(page)).length, page).toBeGreaterThan(1)
})
