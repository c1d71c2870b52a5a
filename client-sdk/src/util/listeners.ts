import { reportError } from './timers.ts'

interface Entry<A extends unknown[]> {
  listener: (...args: A) => void
  removed: boolean
}

/**
 * A set of listeners. All of them see everything in the order in which it happened, also if one of them makes the next
 * thing happen: that is told when all have heard of the first. A listener that was removed is not called any more, and one
 * that throws does not keep the others from hearing.
 */
export class Listeners<A extends unknown[]> {
  private list: Entry<A>[] = []
  private readonly queue: { args: A; list: Entry<A>[] }[] = []
  private telling = false

  /** Adds a listener, for what happens from now on, and returns the function that removes it. */
  add(listener: (...args: A) => void): () => void {
    const entry: Entry<A> = { listener, removed: false }
    this.list = this.list.concat(entry)
    return () => {
      entry.removed = true
      this.list = this.list.filter((other) => other !== entry)
    }
  }

  /** Tells all of them, in the order in which they were added. */
  emit(...args: A): void {
    this.queue.push({ args, list: this.list })
    if (this.telling) return
    this.telling = true
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      for (const entry of next.list) {
        if (entry.removed) continue
        try {
          entry.listener(...next.args)
        } catch (error) {
          reportError(error)
        }
      }
    }
    this.telling = false
  }
}
