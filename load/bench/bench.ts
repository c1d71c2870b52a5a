import type { Goal, GoalFigures } from './goals.ts'
import { measurePlay, type Load, type Measured } from './measure.ts'
import type { Options, Part } from './options.ts'
import { show, spreadOf } from './statistics.ts'
import type { Subject } from './subjects.ts'

/** At 400 rounds per second, the load of most comparisons. */
export const HEAVY = { players: 600, thinkMs: 1000 }
/** With `--quick` the code need not be compiled to the end. */
const QUICK_WARM_UP = { warmUpRounds: 4000 }

export interface Case {
  name: string
  start(): Promise<Subject>
  load: Load
}

/** One run of the benchmark: what its parts share. */
export class Bench {
  readonly quick: boolean
  readonly repeat: number
  /** The numbers of nodes that were asked for. */
  readonly nodes: number[] | null
  /** Settings of our nodes. */
  readonly env: Record<string, string>
  readonly measurements: { part: Part; name: string; repetition: number; figures: unknown }[] = []
  readonly goals: GoalFigures = new Map()

  constructor({ quick, repeat, nodes, env }: Pick<Options, 'quick' | 'repeat' | 'nodes' | 'env'>) {
    this.quick = quick
    this.repeat = repeat
    this.nodes = nodes
    this.env = env
  }

  print(line = ''): void {
    process.stdout.write(`${line}\n`)
  }

  progress(line: string): void {
    process.stderr.write(`  ${new Date().toTimeString().slice(0, 8)} ${line}\n`)
  }

  /** Keeps a measurement for `--json`, and shows its errors. */
  note(part: Part, name: string, repetition: number, figures: object, faults: Record<string, number> = {}): void {
    for (const [fault, count] of Object.entries(faults)) this.progress(`${name}: ${count} × ${fault}`)
    this.measurements.push({ part, name, repetition, figures })
  }

  /** Notes the measurements of a goal, one for each repetition. Those of small numbers say nothing about it. */
  goal(name: Goal, values: number[]): void {
    if (!this.quick && values.length > 0) this.goals.set(name, values)
  }

  /** Notes the measurements of a goal: in each repetition, a figure relative to that of a yardstick. */
  goalRatio(name: Goal, runs: Measured[] | undefined, yardstick: Measured[] | undefined, pick: (run: Measured) => number): void {
    if (runs && yardstick) this.goal(name, ratios(runs, yardstick, pick))
  }

  load(load: Load): Load {
    return this.quick ? { ...load, ...QUICK_WARM_UP } : load
  }

  /** Every case once, then every case again: what slows the machine down for a while slows all of them. */
  async interleave(part: Part, cases: Case[]): Promise<Map<string, Measured[]>> {
    const results = new Map<string, Measured[]>(cases.map(({ name }) => [name, []]))
    for (let repetition = 1; repetition <= this.repeat; repetition += 1) {
      for (const { name, start, load } of cases) {
        this.progress(`${part}: ${name}, ${load.players} players (${repetition} of ${this.repeat})`)
        const subject = await start()
        try {
          const figures = await measurePlay(subject, this.load(load))
          this.note(part, name, repetition, figures, figures.faults)
          results.get(name)?.push(figures)
        } finally {
          await subject.close()
        }
      }
    }
    return results
  }

  /**
   * Two cases, played on and measured at the same time: what slows the machine down slows both, so that their ratio varies by a few percent
   * where that of two measurements in turn varies by half.
   */
  async beside(part: Part, cases: readonly [Case, Case], repetition: number): Promise<[Measured, Measured]> {
    this.progress(
      `${part}: ${cases.map(({ name, load }) => `${name}, ${load.players} players`).join(', beside ')} (${repetition} of ${this.repeat})`,
    )
    const subjects: Subject[] = []
    try {
      for (const { start } of cases) subjects.push(await start())
      const together = meeting(cases.length)
      const figures = await Promise.all(
        subjects.map((subject, index) => measurePlay(subject, { ...this.load(cases[index === 0 ? 0 : 1].load), warm: together })),
      )
      for (const [index, { name }] of cases.entries()) this.note(part, name, repetition, figures[index] ?? {}, figures[index]?.faults)
      return figures as [Measured, Measured]
    } finally {
      await Promise.all(subjects.map((subject) => subject.close()))
    }
  }
}

/** Resolves for all callers once there are this many. */
export function meeting(count: number): () => Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let here = 0
  return () => {
    here += 1
    if (here === count) resolve()
    return promise
  }
}

/** Median and range of a figure. */
export const of = <Run>(runs: Run[], pick: (run: Run) => number, digits = 0): string => show(spreadOf(runs.map(pick)), digits)

/** A figure relative to the same repetition of the yardstick. */
export const ratios = (runs: Measured[], yardstick: Measured[], pick: (run: Measured) => number): number[] =>
  runs.map((run, index) => pick(run) / pick(yardstick[index] ?? run))
