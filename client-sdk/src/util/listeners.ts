import { raiseLater } from './timers.ts'

/** A set of listeners; one that throws does not keep the others from hearing. */
export class Listeners<A extends unknown[]> {
  private list: { listener: (...args: A) => void }[] = []

  /** Adds a listener and returns the function that removes it. */
  add(listener: (...args: A) => void): () => void {
    const entry = { listener }
    this.list = this.list.concat(entry)
    return () => {
      this.list = this.list.filter((other) => other !== entry)
    }
  }

  /** Tells all of them, in the order in which they were added. */
  emit(...args: A): void {
    for (const { listener } of this.list) {
      try {
        listener(...args)
      } catch (error) {
        raiseLater(error)
      }
    }
  }
}
