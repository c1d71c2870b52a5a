// The paths that documents name or link to; `npm run check:text` and the tests of the documents look for those that do not exist.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from './services/node.ts'

const FOLDERS = new Set(execFileSync('git', ['ls-tree', '-d', '--name-only', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n'))
/** Files that a reader of a page creates, and files that a build or a start creates. */
const NOT_TRACKED = /^(games\/odd-even|own-server|pages|\.data|client-sdk\/dist|dist)\b/

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
export const namedIn = (text: string): string[] =>
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

/** What a page names or links to and does not exist: files, and headings of documents. @param page path from the root */
export function brokenPaths(page: string, text: string): string[] {
  const exists = (path: string): boolean => existsSync(join(ROOT, path))
  const named = namedIn(text).filter((path) => !exists(path) && !exists(join(dirname(page), path)))
  const linked = linkedIn(text).flatMap((target) => {
    const [path = '', anchor] = target.split('#')
    const file = path === '' ? page : join(dirname(page), path)
    if (!exists(file)) return [file]
    if (anchor === undefined || !file.endsWith('.md')) return []
    const headings = anchorsOf(file === page ? text : readFileSync(join(ROOT, file), 'utf8'))
    return headings.has(decodeURIComponent(anchor)) ? [] : [`${file}#${anchor}`]
  })
  return [...linked, ...named].map((path) => `${page}: ${path} does not exist`)
}
