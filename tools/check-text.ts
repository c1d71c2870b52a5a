// `npm run check:text`, a part of `npm run check`: line length, retired words, and the paths that documents name.
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokenPaths } from './document-paths.ts'
import { ROOT } from './services/node.ts'

/** Characters of a line of code; .oxfmtrc.json and .editorconfig have the same number. */
const MAX_LINE = 140
const CODE = /\.(ts|mjs|js|lua|sh)$/
const TEXT = /\.(ts|mjs|js|lua|sh|md|yaml|conf|template|wxml|wxss|css|html|sql|prisma)$/
/** Regular expressions cannot be broken; sentences for players are one line in each language. */
const LONG_LINE_FILES = /^miniprogram\/services\/texts\//
const ONLY_REGEXP = /^\s*\/.*\/\w*(\.exec\()?,?$/

/**
 * Words that this project used in a sense of its own, and what to write instead. `except` matches paths where the word is the field's
 * own, or cannot be changed.
 */
export const RETIRED: { word: RegExp; instead: string; except?: RegExp }[] = [
  { word: /\bwhereabouts\b/i, instead: 'reservation' },
  { word: /\breferee\b/i, instead: 'match store' },
  { word: /\bdeaf\b/i, instead: 'unreachable' },
  { word: /\banew\b/i, instead: 'again' },
  { word: /\bnewcomers?\b/i, instead: 'new connections, new players' },
  { word: /\bwho(m|se)?ever\b|\bwhose-ever\b/i, instead: 'everyone who, the player who' },
  { word: /\b(he|him|his|himself)\b/, instead: 'they', except: /^(client-sdk\/)?LICENSE$/ },
  { word: /\bbooks\b/i, instead: 'records' },
  { word: /\barena\b/i, instead: 'injector, cluster under test' },
  { word: /\bvictims?\b/i, instead: 'target' },
  { word: /\bwitness\b/i, instead: 'history' },
  { word: /\bbarred\b/i, instead: 'fenced', except: /^server\/src\/match\/formats\.ts$/ },
  { word: /\bgather(s|ed|ing)?\b/i, instead: 'batch, collect' },
  { word: /\bcomplain(s|ts?|ed|ing)?\b/i, instead: 'warn, log' },
  { word: /\braiseLater\b/, instead: 'reportError' },
  { word: /\bplayable\b/i, instead: 'ready' },
  { word: /\bfor want of\b/i, instead: 'because … is short' },
]

/** What is wrong with the text of a file, one line each. */
export function findings(file: string, text: string): string[] {
  const found: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const at = `${file}:${index + 1}`
    if (CODE.test(file) && line.length > MAX_LINE && !ONLY_REGEXP.test(line) && !LONG_LINE_FILES.test(file))
      found.push(`${at}: ${line.length} characters; ${MAX_LINE} is the limit`)
    for (const { word, instead, except } of RETIRED) {
      const match = word.exec(line)
      if (match && !except?.test(file)) found.push(`${at}: "${match[0]}" is retired: write ${instead}`)
    }
  }
  return found
}

if (import.meta.main) {
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' })
    .split('\n')
    .filter((file) => TEXT.test(file) && file !== 'CHANGELOG.md' && !file.includes('check-text.') && existsSync(join(ROOT, file)))
  const found: string[] = []
  for (const file of files) {
    const text = readFileSync(join(ROOT, file), 'utf8')
    found.push(...findings(file, text))
    if (file.endsWith('.md')) found.push(...brokenPaths(file, text))
  }
  for (const line of found) process.stderr.write(`${line}\n`)
  if (found.length > 0) process.exitCode = 1
}
