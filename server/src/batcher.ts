import type { Writable } from 'node:stream'

/**
 * Collects what is written to streams during one event-loop tick, so that many writes cost one system call. With a pace, two flushes are at
 * least that far apart: a busy process writes rarely and much, an idle one writes at once.
 */
export class Batcher {
  #paceMs: () => number
  #streams = new Set<Writable>()
  #tasks: (() => void)[] = []
  #scheduled = false
  /** When the last flush was, `performance.now()`, ms. */
  #left = -Infinity

  /** @param paceMs the shortest time between two flushes, ms; 0 for none. A function is called before each flush. */
  constructor(paceMs: number | (() => number) = 0) {
    this.#paceMs = typeof paceMs === 'number' ? () => paceMs : paceMs
  }

  /** Uses another pace from now on. Benchmarks compare paces within one process. */
  setPace(paceMs: () => number): void {
    this.#paceMs = paceMs
  }

  /** To be called before each write to the stream. */
  cork(stream: Writable): void {
    if (this.#streams.has(stream)) return
    stream.cork()
    this.#streams.add(stream)
    this.#schedule()
  }

  /** Runs the task before the next flush, so that what the task writes is part of it. */
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
    // A task may add another task, which is part of the same flush.
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
