import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../../tools/services/node.ts'

/** Never part of a build, and too large to walk: .dockerignore must exclude them, which the walk relies on. */
const PRUNED = new Set(['node_modules', '.git', '.data'])

/** The files that `docker build .` sends to the engine, relative to the root: all that .dockerignore includes. */
export function buildContext(): string[] {
  const isIncluded = ignoreRules(readFileSync(join(ROOT, '.dockerignore'), 'utf8'))
  for (const pruned of PRUNED) if (isIncluded(`${pruned}/x`)) throw new Error(`.dockerignore includes ${pruned}`)
  const files: string[] = []
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (!entry.isDirectory()) {
        if (isIncluded(path)) files.push(path)
      } else if (!PRUNED.has(entry.name)) walk(path)
    }
  }
  walk('')
  return files
}

/**
 * .dockerignore as the engine reads it: the last pattern that matches a path or one of the folders above it decides.
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function ignoreRules(text: string): (path: string) => boolean {
  const rules = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !line.startsWith('#'))
    .map((line) => ({ includes: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }))
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.includes ?? true
}

function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/^\/|\/$/g, '')
    .split(/(\*\*\/|\*\*|\*|\?)/)
    .map((part) => ({ '**/': '(?:.*/)?', '**': '.*', '*': '[^/]*', '?': '[^/]' })[part] ?? part.replace(/[.+^${}()|[\]\\]/g, '\\$&'))
    .join('')
  return new RegExp(`^${source}(?:/|$)`)
}
