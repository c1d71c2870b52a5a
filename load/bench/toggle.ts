/** `npm run bench -- --toggle NAME`: the processor time of a node with a switch alternating between on and off, within one process. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { playing, takeAll, type Load } from './measure.ts'
import { quantile } from '../../tools/play/figures.ts'
import { table } from './statistics.ts'
import { startCaiquan } from './subjects.ts'
import { isOn, TOGGLE_MS } from './toggle-clock.ts'

const HOME = join(import.meta.dirname, 'toggles')

/** The switches that the project has. */
export const toggles = (): string[] => readdirSync(HOME).map((name) => name.replace(/\.ts$/, ''))

/** The module of a switch: one of the project's, or a file that exports a `toggle`. Null if there is none. */
export function toggleFile(name: string): string | null {
  return [join(HOME, `${name}.ts`), resolve(name)].find((file) => existsSync(file) && /\.[cm]?[jt]s$/.test(file)) ?? null
}

/** Processor time of all threads of a process, ns. */
function nanoseconds(pid: number): number {
  return readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    try {
      return sum + Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
    } catch {
      return sum
    }
  }, 0)
}

export async function compareToggle(file: string, load: Load, print: (line?: string) => void): Promise<void> {
  const subject = await startCaiquan({
    nodes: 1,
    env: { NODE_OPTIONS: `--import=${new URL('toggle-node.ts', import.meta.url).href}`, TOGGLE: pathToFileURL(file).href },
  })
  try {
    await playing(subject, load, async (drivers) => {
      const used: Record<string, { on: number[]; off: number[] }> = {}
      await takeAll(drivers)
      const started = performance.now()
      let before: Record<string, number> | null = null
      for (const until = started + load.seconds * 1000; performance.now() < until;) {
        await sleep(TOGGLE_MS - (Date.now() % TOGGLE_MS))
        const half = isOn(Date.now() - TOGGLE_MS) ? 'on' : 'off'
        const now = Object.fromEntries(
          Object.entries(subject.pids()).map(([role, pids]) => [role, pids.reduce((sum, pid) => sum + nanoseconds(pid), 0)]),
        )
        if (before)
          for (const [role, value] of Object.entries(now)) (used[role] ??= { on: [], off: [] })[half].push(value - (before[role] ?? 0))
        before = now
      }
      const { rounds } = await takeAll(drivers)
      // The load is the same in both halves.
      const perHalf = (rounds / ((performance.now() - started) / TOGGLE_MS)) * 1000
      print(
        `\nProcessor time of one round, µs, at ${Math.round(rounds / load.seconds)} rounds/s; ${TOGGLE_MS} ms off, ${TOGGLE_MS} ms ` +
          'on, in turn (mean; 5th to 95th percentile of the differences of neighbours):\n',
      )
      print(
        table(
          ['', 'off', 'on', 'difference', 'range'],
          Object.entries(used).map(([role, { on, off }]) => {
            const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length / perHalf
            const differences = on.map((value, index) => (value - (off[index] ?? value)) / perHalf)
            const error = Math.sqrt(differences.reduce((sum, each) => sum + (each - mean(on) + mean(off)) ** 2, 0)) / differences.length
            return [
              role,
              mean(off).toFixed(0),
              mean(on).toFixed(0),
              `${(mean(on) - mean(off)).toFixed(0)} ± ${(2 * error).toFixed(0)}`,
              `${quantile(differences, 0.05).toFixed(0)} to ${quantile(differences, 0.95).toFixed(0)}`,
            ]
          }),
        ),
      )
    })
  } finally {
    await subject.close()
  }
}
