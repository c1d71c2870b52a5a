import type { Writable } from 'node:stream'

/**
 * Gathers what is written to streams in one turn of the event loop, so that many writes cost one system call. With a pace, what
 * is gathered leaves no sooner than so long after what left before: who is busy sends seldom and much, who is not
 * sends at once.
 */
export class Gathering {
  #paceMs: () => number
  #streams = new Set<Writable>()
  #tasks: (() => void)[] = []
  #scheduled = false
  /** When something left last. */
  #left = -Infinity

  /** @param paceMs 0 for none; a function is asked each time */
  constructor(paceMs: number | (() => number) = 0) {
    this.#paceMs = typeof paceMs === 'number' ? () => paceMs : paceMs
  }

  /** Takes another pace from now on: benchmarks compare paces within one process. */
  setPace(paceMs: () => number): void {
    this.#paceMs = paceMs
  }

  /** Called before a write to the stream. */
  cork(stream: Writable): void {
    if (this.#streams.has(stream)) return
    stream.cork()
    this.#streams.add(stream)
    this.#schedule()
  }

  /** Runs the task before what is gathered leaves, so that what it writes leaves with it. */
  before(task: () => void): void {
    this.#tasks.push(task)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    const paceMs = this.#paceMs()
    const wait = paceMs === 0 ? 0 : this.#left + paceMs - performance.now()
    if (wait > 0) setTimeout(this.#leave, wait)
    else setImmediate(this.#leave)
  }

  readonly #leave = (): void => {
    // A task may ask for another one, which leaves with the rest.
    while (this.#tasks.length > 0) {
      const tasks = this.#tasks
      this.#tasks = []
      for (const task of tasks) task()
    }
    const streams = this.#streams
    this.#streams = new Set()
    this.#scheduled = false
    this.#left = performance.now()
    for (const stream of streams) stream.uncork()
  }
}
