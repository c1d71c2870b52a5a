/**
 * The size of each file in a mini program. Run alone (`npm run size -w client-sdk`) it reports the growth since the last release and fails
 * if the whole game client is over its limit. Nothing else fails because of size.
 *
 *   npm run size -w client-sdk -- --write    stores the current sizes as those of the release
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { ENTRIES, ROOT, type Entry } from './bundles.ts'

/** The limit for the whole game client, gzipped, in bytes. */
export const LIMIT = 26_000

export interface Size {
  /** Bytes, plain and gzipped. */
  raw: number
  gzip: number
}

const RELEASE = join(ROOT, 'sizes.json')

/** The sizes of the built files. */
export function measure(): Record<Entry, Size> {
  const sizeOf = (entry: Entry): Size => {
    const code = readFileSync(join(ROOT, `miniprogram_dist/${entry}.js`))
    return { raw: code.length, gzip: gzipSync(code, { level: 9 }).length }
  }
  return Object.fromEntries(ENTRIES.map((entry) => [entry, sizeOf(entry)])) as Record<Entry, Size>
}

export const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} KB`

/** One line for each file: its size now, and the growth since the release. */
export function report(now: Record<string, Size>, before: Record<string, Size>): string[] {
  return Object.entries(now).map(([entry, { gzip }]) => {
    const growth = gzip - (before[entry]?.gzip ?? gzip)
    return `${entry}: ${kilobytes(gzip)} gzipped, ${growth < 0 ? '' : '+'}${growth} bytes since the last release`
  })
}

if (import.meta.main) {
  const now = measure()
  if (process.argv.includes('--write')) writeFileSync(RELEASE, `${JSON.stringify(now, null, 2)}\n`)
  const before = JSON.parse(readFileSync(RELEASE, 'utf8')) as Record<string, Size>
  for (const line of report(now, before)) console.log(line)
  if (now.index.gzip > LIMIT) {
    console.error(`The game client is over its limit of ${kilobytes(LIMIT)}.`)
    process.exitCode = 1
  }
}
