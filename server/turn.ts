import type { Writable } from 'node:stream'

/** Gathers what is written to streams in one turn of the event loop, so that many writes cost one system call. */
export class Gathering {
  #streams = new Set<Writable>()
  #tasks: (() => void)[] = []
  #scheduled = false

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
    setImmediate(this.#leave)
  }

  readonly #leave = (): void => {
    const tasks = this.#tasks
    this.#tasks = []
    for (const task of tasks) task()
    const streams = this.#streams
    this.#streams = new Set()
    this.#scheduled = false
    for (const stream of streams) stream.uncork()
  }
}
