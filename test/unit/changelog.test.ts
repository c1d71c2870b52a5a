import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'
import { changelogWith } from '../../tools/docs/changelog.ts'

const repository = mkdtempSync(join(tmpdir(), 'caiquan-changelog-'))
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@localhost', ...args], { cwd: repository, encoding: 'utf8' }).trim()
const commit = (subject: string, body = 'Because.'): string => git('commit', '--allow-empty', '-qm', subject, '-m', body)
let first: string

beforeAll(() => {
  git('init', '-q')
  commit('Lay the first stone')
  first = git('rev-parse', '--short', 'HEAD')
  commit('Add a game of dominoes')
  commit('Keep a match when its node dies')
  commit('Test the dominoes')
  commit('Merge branch "dominoes"')
  commit('Fix the score of a drawn round')
  commit('Move a file', 'Nobody sees it.\n\nChangelog: none')
  commit('Remove the old queue')
})
afterAll(() => rmSync(repository, { recursive: true, force: true }))

const TEXT = (list: string, since = first): string => `# Changelog

## 0.2.0 (unreleased)

<!-- Commits since ${since}, listed by \`npm run changelog\`. -->

${list}<!-- End of the list. -->

### Written by hand

Text.
`
const LISTED = `### Latest changes

#### Added

- Add a game of dominoes

#### Changed

- Keep a match when its node dies

#### Fixed

- Fix the score of a drawn round

#### Removed

- Remove the old queue
`

test('commits are listed by their subjects, without merges and changes that only developers see', async () => {
  const once = await changelogWith(TEXT(''), { date: '2026-01-31', repository })
  expect(once).toBe(TEXT(`${LISTED}\n`))
  expect(await changelogWith(once, { date: '2026-01-31', repository })).toBe(once)
})

test('a release keeps the list, and the next one begins at its tag', async () => {
  const released = await changelogWith(TEXT(''), { release: '0.2.0', date: '2026-01-31', repository })
  expect(released).toBe(`# Changelog

## Unreleased

<!-- Commits since v0.2.0, listed by \`npm run changelog\`. -->

<!-- End of the list. -->

## 0.2.0 (2026-01-31)

${LISTED}
### Written by hand

Text.
`)
  git('tag', 'v0.2.0')
  commit('Add a game of chess')
  expect(await changelogWith(released, { date: '2026-02-01', repository })).toContain('- Add a game of chess\n\n<!-- End')
})

test('CHANGELOG.md has a list that begins at a commit of this repository', () => {
  const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  expect(text).toMatch(/^## .*\n\n<!-- Commits since \S+, listed by `npm run changelog`\. -->\n/m)
  expect(text).toContain('<!-- End of the list. -->\n')
})
