import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeConsumer } from '../support/consumer.ts'
import { assertDefined } from '../support/assert-defined.ts'

const ROOT = join(import.meta.dirname, '../..')
const npm = (args: string[], cwd: string): string =>
  execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })

test('packed as the README says, it installs into an empty folder without a network, and works there', () => {
  const tarballs = mkdtempSync(join(tmpdir(), 'caiquan-pack-'))
  npm(['pack', '--pack-destination', tarballs], ROOT)
  const tarball = join(tarballs, assertDefined(readdirSync(tarballs).find((name) => name.endsWith('.tgz'))))
  const consumer = makeConsumer((folder) => npm(['install', '--offline', tarball], folder))
  try {
    const installed = join(consumer.folder, 'node_modules/caiquan-client')
    for (const file of [
      'miniprogram_dist/index.js',
      'miniprogram_dist/connection.js',
      'dist/esm/index.js',
      'dist/cjs/index.js',
      'dist/types/index.d.ts',
      'README.md',
      'README.zh-CN.md',
      'LICENSE',
    ]) {
      expect(existsSync(join(installed, file)), file).toBe(true)
    }
    expect(existsSync(join(installed, 'src'))).toBe(false)
    expect(consumer.run("import { createGameClient } from 'caiquan-client'; console.log(typeof createGameClient)", 'module')).toBe(
      'function',
    )
    expect(consumer.run("console.log(typeof require('caiquan-client/connection').createConnection)", 'commonjs')).toBe('function')
    const source = "import { createConnection } from 'caiquan-client/connection'; export const c = createConnection({ url: 'https://x' })"
    expect(consumer.compile({ 'app.ts': source })).toBe('')
  } finally {
    consumer.remove()
    rmSync(tarballs, { recursive: true })
  }
}, 120_000)
