/** Artillery: installed when it is first used, and run. */
import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { nodeBinary, ROOT } from '../ops/services/node.ts'

const HOME = join(ROOT, 'load/artillery')
export const PROCESSOR = join(HOME, 'processor.mjs')

/** It would fetch browsers when installed and report home when run. */
const ENV = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', ARTILLERY_DISABLE_TELEMETRY: 'true', NO_UPDATE_NOTIFIER: '1' }

interface Versions {
  version?: string
  dependencies?: Record<string, string>
}
const read = (file: string): Versions => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Versions
  } catch {
    return {}
  }
}

/** The version that is wanted, and whether it is there. */
function wanted(): { version: string; present: boolean } {
  const version = read(join(HOME, 'package.json')).dependencies?.['artillery'] ?? ''
  return { version, present: read(join(HOME, 'node_modules/artillery/package.json')).version === version }
}

/** Installs what the lockfile of `load/artillery` names, without running any script of it. */
export async function ensureArtillery(say: (line: string) => void): Promise<void> {
  const { version, present } = wanted()
  if (present) return
  say(`Installing artillery ${version} into load/artillery (about 470 MB, once)…`)
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: HOME, env: { ...process.env, ...ENV }, stdio: ['ignore', 'inherit', 'inherit'] })
  const code = await endOf(child)
  if (code !== 0 || !wanted().present) throw new Error(`npm could not install artillery ${version} (code ${code}): the registry must be reachable.`)
}

/** @param env for its workers */
export function runArtillery(script: string, output: string, env: Record<string, string>): ChildProcess {
  const args = [join(HOME, 'node_modules/artillery/bin/run'), 'run', '--quiet', '--output', output, script]
  return spawn(nodeBinary(), args, { cwd: HOME, env: { ...process.env, ...ENV, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Its exit code; 1 when a signal ended it. */
export function endOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code) => resolve(code ?? 1))
  return promise
}
