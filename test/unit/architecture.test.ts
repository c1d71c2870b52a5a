import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

// The changelog names files of past releases.
const PAGES = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .trim()
  .split('\n')
  .filter((page) => page !== 'CHANGELOG.md')
const FOLDERS = new Set(execFileSync('git', ['ls-tree', '-d', '--name-only', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n'))
/** Files that a reader of a page creates, and files that a build or a start creates. */
const NOT_TRACKED = /^(games\/odd-even|own-server|pages|\.data|client-sdk\/dist|dist)\b/

const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8')
const withoutCode = (text: string): string => text.replaceAll(/^( *)```.*\n[\s\S]*?^\1```$/gm, '')

/** The anchors that GitHub gives to the headings of a page. */
const anchorsOf = (text: string): Set<string> =>
  new Set(
    [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  )

/** Paths in backticks, from the root of the repository or from the page: files, and folders below the root. */
const namedIn = (text: string): string[] =>
  [...withoutCode(text).matchAll(/`([\w.@-]+(?:\/[\w.@-]+)*\/?)`/g)]
    .map(([, path = '']) => path)
    .filter(
      (path) =>
        path.includes('/') &&
        (/\w\.(ts|mjs|lua|ya?ml|json|md|sh|sql|conf|template|prisma|toml|wxss|css)$/.test(path) || FOLDERS.has(path.split('/')[0] ?? '')),
    )
    .filter((path) => !NOT_TRACKED.test(path))

/** Targets of relative links. */
const linkedIn = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target).filter((target) => !target.includes('://'))

test.each(PAGES)('every file that %s names in backticks exists', (page) => {
  const missing = namedIn(read(page)).filter((path) => !existsSync(join(ROOT, path)) && !existsSync(join(ROOT, dirname(page), path)))
  expect(missing).toEqual([])
})

test.each(PAGES)('every link of %s leads to a file, and to a heading of it', (page) => {
  const broken = linkedIn(read(page)).filter((target) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!existsSync(join(ROOT, file))) return true
    return anchor !== undefined && file.endsWith('.md') && !anchorsOf(read(file)).has(decodeURIComponent(anchor))
  })
  expect(broken).toEqual([])
})

test('the pages about the code name files', () => {
  expect(namedIn(read('docs/architecture.md')).length).toBeGreaterThan(25)
  for (const page of ['CONTRIBUTING.md', 'SECURITY.md', 'docs/your-own-game.md', 'docs/your-own-server.md'])
    expect(namedIn(read(page)).length, page).toBeGreaterThan(1)
})
