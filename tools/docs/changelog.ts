// `npm run changelog`: lists the commits since the last release in CHANGELOG.md. `-- --release <version>` makes them that release.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runGitCliff } from 'git-cliff'
import { ROOT } from '../services/node.ts'

/** The list is between two comments; the first one names the commit or tag after which it starts. */
const LIST = /<!-- Commits since (\S+), listed by `npm run changelog`\. -->\n[\s\S]*?<!-- End of the list\. -->\n/
const listOf = (since: string, commits: string): string =>
  `<!-- Commits since ${since}, listed by \`npm run changelog\`. -->\n\n` +
  `${commits ? `### Latest changes\n\n${commits}\n\n` : ''}<!-- End of the list. -->\n`

/** The commits after one, by groups, as Markdown. @param repository a folder of the repository */
export async function commitsSince(since: string, repository = ROOT): Promise<string> {
  const { stdout } = await runGitCliff(['--config', join(ROOT, 'cliff.toml'), `${since}..HEAD`], { stdio: 'pipe', cwd: repository })
  return String(stdout).trim()
}

/**
 * The changelog with today's list.
 * @param release the version that the newest section becomes; the list of the next one begins at its tag
 * @throws Error if there is no such list in the text
 */
export async function changelogWith(
  text: string,
  options: { release?: string | undefined; date: string; repository?: string },
): Promise<string> {
  const { release, date, repository } = options
  const since = LIST.exec(text)?.[1]
  if (since === undefined) throw new Error('CHANGELOG.md has no list of commits.')
  const commits = await commitsSince(since, repository)
  if (release === undefined) return text.replace(LIST, () => listOf(since, commits))
  return text
    .replace(LIST, () => (commits ? `### Latest changes\n\n${commits}\n` : ''))
    .replace(/^## .*\n/m, `## Unreleased\n\n${listOf(`v${release}`, '')}\n## ${release} (${date})\n`)
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { release: { type: 'string' } } })
  const file = join(ROOT, 'CHANGELOG.md')
  const date = new Date().toISOString().slice(0, 10)
  writeFileSync(file, await changelogWith(readFileSync(file, 'utf8'), { release: values.release, date }))
}
