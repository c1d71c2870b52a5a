/** A token bucket: `burst` at once, `perSecond` in the long run. */
export interface Rate {
  perSecond: number
  burst: number
}

/** `5/30`: five a second, thirty at once. @throws Error */
export function parseRate(text: string): Rate {
  const [perSecond, burst] = text.split('/').map(Number)
  if (!perSecond || !burst || perSecond < 0 || burst < 1) throw new Error(`"${text}" is not a rate: write <a second>/<at once>, for example 5/30`)
  return { perSecond, burst }
}

/** One token bucket that belongs to something: it goes with it, while a limiter forgets. */
export interface Bucket {
  /** Whether this may pass; if so, its cost is taken. */
  take(cost: number): boolean
}

export function createBucket({ perSecond, burst }: Rate, now: () => number = () => performance.now()): Bucket {
  let tokens = burst
  let at = now()
  return {
    take(cost) {
      const time = now()
      tokens = Math.min(burst, tokens + ((time - at) / 1000) * perSecond)
      at = time
      if (tokens < cost) return false
      tokens -= cost
      return true
    },
  }
}

interface KeyedBucket {
  tokens: number
  at: number
  /** When it was last put at the end of the line. */
  placed: number
}

/** Buckets that are used more often than this are not put at the end of the line each time, ms. */
const PLACE_MS = 1000

/**
 * Token buckets by key, in this process.
 * `take` answers 0 when the request may pass, or the milliseconds after which it would. `cost` is 1 unless given.
 */
export interface Limiter {
  take(key: string, rate: Rate, cost?: number): number
}

/** @param capacity buckets kept; the one longest unused goes first, which only ever forgives. */
export function createLimiter(capacity: number, now: () => number = () => performance.now()): Limiter {
  const buckets = new Map<string, KeyedBucket>()
  return {
    take(key, { perSecond, burst }, cost = 1) {
      const at = now()
      const bucket = buckets.get(key) ?? { tokens: burst, at, placed: -Infinity }
      bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond)
      bucket.at = at
      if (at - bucket.placed >= PLACE_MS) {
        bucket.placed = at
        buckets.delete(key)
        buckets.set(key, bucket)
        if (buckets.size > capacity) {
          const oldest = buckets.keys().next()
          if (!oldest.done) buckets.delete(oldest.value)
        }
      }
      if (bucket.tokens < cost) return Math.ceil(((cost - bucket.tokens) / perSecond) * 1000)
      bucket.tokens -= cost
      return 0
    },
  }
}
