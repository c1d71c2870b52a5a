import { spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './node.ts'
import { lookUp } from './programs.ts'

/** A wall clock for one service that can be set ahead and back while the service runs. */
export interface ServiceClock {
  /** What the service needs in its environment. */
  env: Record<string, string>
  /** The difference from the machine's clock, ms; negative is behind. It applies at once, and to a service that is started later. */
  set(offsetMs: number): void
  close(): void
}

/** Why there is no such clock. */
export class NoClockError extends Error {
  override readonly name = 'NoClockError'
}

/**
 * Builds the library that shifts the clock, which takes a C compiler: CC if the environment names one.
 * @param dir folder for the library and the file that both sides share
 * @throws NoClockError
 */
export function createClock(dir: string): ServiceClock {
  const compiler = process.env['CC'] || lookUp('cc', 'gcc', 'clang')
  if (!compiler) throw new NoClockError('there is no C compiler (node tools/bootstrap.mjs --compiler installs one)')
  mkdirSync(dir, { recursive: true })
  const [library, shared] = [join(dir, 'clock.so'), join(dir, 'offset')]
  const { status, error } = spawnSync(compiler, ['-shared', '-fPIC', '-O2', '-o', library, join(ROOT, 'tools/services/clock.c')])
  if (status !== 0) throw new NoClockError(`${compiler} could not build it${error ? ` (${error.message})` : ''}`)
  const file = openSync(shared, 'w')
  const set = (offsetMs: number): void => {
    writeSync(file, new BigInt64Array([BigInt(Math.round(offsetMs))]), 0, 8, 0)
  }
  set(0)
  return { env: { LD_PRELOAD: library, CAIQUAN_CLOCK: shared }, set, close: () => closeSync(file) }
}
