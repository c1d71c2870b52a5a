/** Installs Artillery when it is first used, and runs it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { nodeBinary, ROOT } from '../tools/services/node.ts'
import { ensureInstalled } from './optional-package.ts'

const HOME = join(ROOT, 'load/artillery')
export const PROCESSOR = join(HOME, 'processor.mjs')

/** Otherwise it would download browsers during installation and send usage data during runs. */
const ENV = { PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD: '1', ARTILLERY_DISABLE_TELEMETRY: 'true', NO_UPDATE_NOTIFIER: '1' }

export const ensureArtillery = (print: (line: string) => void): Promise<void> =>
  ensureInstalled({ home: HOME, name: 'artillery', size: '470 MB', env: ENV }, print)

/** @param env environment of its workers */
export function runArtillery(script: string, output: string, env: Record<string, string>): ChildProcess {
  const args = [join(HOME, 'node_modules/artillery/bin/run'), 'run', '--quiet', '--output', output, script]
  return spawn(nodeBinary(), args, { cwd: HOME, env: { ...process.env, ...ENV, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}
