/** The meaning of Redis' times once its clock has been stepped. Pure. */

/** Between two steps the clock of Redis was off by `offsetMs`. */
interface Stretch {
  offsetMs: number
  /** True time, epoch ms. */
  from: number
  to: number
}

/** A step that set the clock back. */
export interface StepBack {
  /** True time, epoch ms. */
  at: number
  /** What the clock showed right after it. */
  clock: number
}

/** True times, epoch ms. */
export interface Span {
  from: number
  to: number
}

/** Both clocks are read in whole milliseconds, and not at the same moment. */
const SLACK_MS = 5

/**
 * The clock of Redis in a run. After a step back it shows times that it has shown before: then a time has more than one meaning, and what
 * is asserted of it must hold for one of them.
 */
export class RedisTime {
  readonly #stretches: Stretch[] = [{ offsetMs: 0, from: -Infinity, to: Infinity }]

  /**
   * Notes a step.
   * @param before true time right before it was made, epoch ms
   * @param after true time right after it was made
   */
  step(offsetMs: number, before: number, after: number): void {
    const last = this.#stretches.at(-1)
    if (last) last.to = after + SLACK_MS
    this.#stretches.push({ offsetMs, from: before - SLACK_MS, to: Infinity })
  }

  /** How often it was stepped. */
  get steps(): number {
    return this.#stretches.length - 1
  }

  /** The true times at which the clock can have shown this, in order. None if it never can have. */
  meanings(clock: number): number[] {
    const stretches = this.#stretches.filter((stretch) => contains(stretch, clock))
    return stretches.map(({ offsetMs }) => clock - offsetMs).sort((a, b) => a - b)
  }

  /** The first of `clocks` that cannot be as late as the one before it; -1 if they can all have been in this order. */
  firstOutOfOrder(clocks: readonly number[]): number {
    let latest = -Infinity
    return clocks.findIndex((clock) => {
      latest = this.#next(clock, latest)
      return latest === Infinity
    })
  }

  /** True times from the first to the last of `clocks`, which were shown in this order: one for each meaning that the first can have. */
  spans([first = 0, ...rest]: readonly number[]): Span[] {
    return this.meanings(first).flatMap((from) => {
      const to = rest.reduce((latest, clock) => this.#next(clock, latest), from)
      return to === Infinity ? [] : [{ from, to }]
    })
  }

  /** The first true time, from `earliest` on, at which the clock can have shown this; Infinity if there is none. */
  #next(clock: number, earliest: number): number {
    return this.meanings(clock).find((time) => time >= earliest) ?? Infinity
  }

  /** Steps back after the clock showed `clock`, at the earliest; and before it showed `until`, at the latest. */
  stepsBack(clock: number, until = Infinity): StepBack[] {
    const from = this.meanings(clock)[0] ?? -Infinity
    const to = until === Infinity ? Infinity : (this.meanings(until).at(-1) ?? Infinity)
    return this.#stretches.flatMap(({ offsetMs, from: at }, index) => {
      const before = this.#stretches[index - 1]
      return before && offsetMs < before.offsetMs && at >= from - 2 * SLACK_MS && at <= to + 2 * SLACK_MS
        ? [{ at, clock: at + offsetMs }]
        : []
    })
  }

  /** Whether all of these can mean one thing only, with no step between them. */
  isUndisturbed(clocks: readonly number[]): boolean {
    const [first, ...rest] = clocks.map((clock) => this.#stretches.filter((stretch) => contains(stretch, clock)))
    return first?.length === 1 && rest.every((stretches) => stretches.length === 1 && stretches[0] === first[0])
  }
}

/** Whether the clock can have shown this in an interval. */
const contains = ({ offsetMs, from, to }: Stretch, clock: number): boolean => clock - offsetMs >= from && clock - offsetMs <= to
