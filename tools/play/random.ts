import { MOVES, type Move } from '../../client-sdk/src/protocol.ts'

/** Numbers in [0, 1) that depend on nothing but the seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

export const pick = <T>(random: () => number, values: readonly [T, ...T[]]): T => values[Math.floor(random() * values.length)] ?? values[0]

export const randomMove = (random: () => number): Move => pick(random, MOVES)

/** A number from `low` up to `high`. */
export const between = (random: () => number, low: number, high: number): number => low + random() * (high - low)

/** A copy in random order (Fisher–Yates). */
export function shuffled<T>(random: () => number, values: readonly T[]): T[] {
  const copy = [...values]
  for (let i = copy.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    ;[copy[i], copy[j]] = [copy[j] as T, copy[i] as T]
  }
  return copy
}
