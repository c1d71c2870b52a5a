import type { Writable } from 'node:stream'

/** Streams whose writes wait for the end of this turn of the event loop. */
let corked = new Set<Writable>()

/**
 * Gathers what is written to a stream in one turn of the event loop, so that it costs one system call instead of one
 * each. Called before every write; what is written leaves before the loop waits for anything.
 */
export function cork(stream: Writable): void {
  if (corked.has(stream)) return
  if (corked.size === 0) setImmediate(uncorkAll)
  stream.cork()
  corked.add(stream)
}

function uncorkAll(): void {
  const streams = corked
  corked = new Set()
  for (const stream of streams) stream.uncork()
}
