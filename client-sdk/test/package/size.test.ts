import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { bundle, ENTRIES, ROOT, type Entry } from '../../build/bundles.ts'
import { LIMIT, measure, report } from '../../build/size.ts'
import { ensurePackage, makeConsumer, type Consumer } from '../support/consumer.ts'
import { join } from 'node:path'
import { readFileSync, writeFileSync } from 'node:fs'

let consumer: Consumer
beforeAll(async () => {
  await ensurePackage()
  consumer = makeConsumer()
  return () => consumer.remove()
}, 60_000)

/** The size of the output of a team's own bundler for these imports, gzipped. */
async function costOf(code: string): Promise<number> {
  const file = join(consumer.folder, 'entry.mjs')
  writeFileSync(file, code)
  const [chunk] = await bundle(file, { format: 'es', minify: true, codeSplitting: false })
  return gzipSync(chunk.code, { level: 9 }).length
}

describe('the size of an import', () => {
  test('grows with the layer, through a bundler too', async () => {
    const transport = await costOf("export { io, WxTransport } from 'caiquan-client/transport'")
    const connection = await costOf("export { createConnection } from 'caiquan-client/connection'")
    const game = await costOf("export { createGameClient } from 'caiquan-client'")
    expect(transport).toBeLessThan(connection * 0.75)
    expect(connection).toBeLessThan(game * 0.85)
    // Of the root, only the used part stays.
    expect(await costOf("export { io, WxTransport } from 'caiquan-client'")).toBeLessThan(transport * 1.02)
  }, 30_000)

  test('the whole game client stays under its limit in a mini program', () => {
    const sizes = measure()
    // CI shows the growth since the last release.
    const release = JSON.parse(readFileSync(join(ROOT, 'sizes.json'), 'utf8')) as typeof sizes
    console.log(report(sizes, release).join('\n'))
    expect(sizes.index.gzip).toBeLessThanOrEqual(LIMIT)
    expect(sizes.transport.gzip).toBeLessThan(sizes.connection.gzip)
    expect(sizes.connection.gzip).toBeLessThan(sizes.index.gzip)
  })
})

test('growth since the release is reported for each file', () => {
  const size = (gzip: number) => ({ raw: gzip * 3, gzip })
  const sizes = (gzip: number) =>
    Object.fromEntries(ENTRIES.map((entry) => [entry, size(gzip)])) as Record<Entry, { raw: number; gzip: number }>
  expect(report(sizes(20_100), sizes(20_000))[0]).toBe('index: 20.1 KB gzipped, +100 bytes since the last release')
  expect(report(sizes(19_900), sizes(20_000))[0]).toContain('-100 bytes')
})
