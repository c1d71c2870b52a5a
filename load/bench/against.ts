/**
 * `npm run bench -- --against DIR`: this version and another one are played on at the same time, so that what slows the machine down slows
 * both. That shows differences of two percent, where measurements one after the other vary by ten.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { quantile } from '../../tools/play/figures.ts'
import { meeting } from './bench.ts'
import { cpuOf, playing, takeAll, type Load } from './measure.ts'
import { show, spreadOf, table } from './statistics.ts'
import { startCaiquan, type Subject } from './subjects.ts'

export interface AgainstOptions {
  /** Another checkout of the project, or this one. */
  dir: string
  /** Environment of the other version's node. */
  env: Record<string, string>
  /** `seconds` are those of one window. */
  load: Load
  windows: number
  print(line?: string): void
}

/** The file of another checkout that starts its nodes. */
export const starterOf = (dir: string): string => join(dir, 'load/bench/subjects.ts')

/** Figures of one version by name, one for each window. */
type Figures = Map<string, number[]>

export async function compareVersions({ dir, env, load, windows, print }: AgainstOptions): Promise<void> {
  const other = (await import(pathToFileURL(starterOf(dir)).href)) as { startCaiquan: typeof startCaiquan }
  const subjects: Subject[] = []
  try {
    subjects.push(await startCaiquan({ nodes: 1 }), await other.startCaiquan({ nodes: 1, env }))
    const warm = meeting(subjects.length)
    const [own, theirs] = (await Promise.all(
      subjects.map(async (subject) =>
        playing(subject, { ...load, warm }, async (drivers) => {
          const figures: Figures = new Map()
          const note = (name: string, value: number): void => void figures.set(name, [...(figures.get(name) ?? []), value])
          for (let window = 0; window < windows; window += 1) {
            await takeAll(drivers)
            const before = cpuOf(subject)
            await sleep(load.seconds * 1000)
            const { rounds, latencies, bytes } = await takeAll(drivers)
            for (const [role, used] of Object.entries(cpuOf(subject)))
              note(`${role}, µs per round`, ((used - (before[role] ?? 0)) / rounds) * 1e6)
            note('move to views p50, ms', quantile(latencies, 0.5))
            note('move to views p99, ms', quantile(latencies, 0.99))
            note('bytes to clients per round', bytes / rounds)
            note('rounds/s', rounds / load.seconds)
          }
          return figures
        }),
      ),
    )) as [Figures, Figures]
    const settings = Object.entries(env).map(([name, value]) => `, ${name}=${value}`)
    print(
      `\nThis version and the one in ${dir}${settings.join('')}, one node each, at the same time; ${load.players} players each (medians ` +
        `and ranges of ${windows} windows of ${load.seconds} s; ratios are of the same window):\n`,
    )
    print(
      table(
        ['', 'this', 'other', 'this ÷ other'],
        [...own].map(([name, values]) => {
          const others = theirs.get(name) ?? []
          const digits = name.endsWith('ms') ? 2 : 0
          const ratios = values.map((value, index) => value / (others[index] ?? Number.NaN))
          return [name, show(spreadOf(values), digits), show(spreadOf(others), digits), show(spreadOf(ratios), 3)]
        }),
      ),
    )
  } finally {
    await Promise.all(subjects.map((subject) => subject.close()))
  }
}
