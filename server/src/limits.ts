/** A token bucket: `burst` requests at once, `perSecond` in the long run. */
export interface Rate {
  perSecond: number
  burst: number
}

/** Parses `5/30`: five per second, thirty at once. @throws Error if the text has another form */
export function parseRate(text: string): Rate {
  const [perSecond, burst] = text.split('/').map(Number)
  if (!perSecond || !burst || perSecond < 0 || burst < 1)
    throw new Error(`"${text}" is not a rate: write <per second>/<at once>, for example 5/30`)
  return { perSecond, burst }
}

const monotonic = (): number => performance.now()

/** One token bucket that belongs to one object and lives as long as it. A class, since each connection has several. */
export class Bucket {
  readonly #rate: Rate
  readonly #now: () => number
  #tokens: number
  #at: number

  /** @param now a monotonic clock, ms */
  constructor(rate: Rate, now: () => number = monotonic) {
    this.#rate = rate
    this.#now = now
    this.#tokens = rate.burst
    this.#at = now()
  }

  /** Takes the cost from the bucket and returns true, or returns false if too little is left. */
  take(cost: number): boolean {
    const { perSecond, burst } = this.#rate
    const now = this.#now()
    const tokens = Math.min(burst, this.#tokens + ((now - this.#at) / 1000) * perSecond)
    this.#at = now
    this.#tokens = tokens < cost ? tokens : tokens - cost
    return tokens >= cost
  }
}

interface KeyedBucket {
  key: string
  tokens: number
  at: number
  /** When it was last moved to the end of the order, ms. */
  placed: number
}

/** A bucket that is used more often than this is not moved to the end of the order each time, ms. */
const PLACE_MS = 1000

/**
 * Token buckets by key, in this process. `take` returns 0 if the request may pass, or the milliseconds until it would. `cost` is 1 unless
 * given.
 */
export interface Limiter {
  take(key: string, rate: Rate, cost?: number): number
  /** The same for a caller that asks often: its bucket is looked up once. All callers with the same key share it until it is forgotten. */
  allowance(key: string, rate: Rate): Allowance
}

/** `take` of a limiter for one key and rate. */
export interface Allowance {
  take(cost?: number): number
}

/** @param capacity buckets kept; the one unused for the longest time is dropped first, which can only let more requests pass */
export function createLimiter(capacity: number, now: () => number = monotonic): Limiter {
  const buckets = new Map<string, KeyedBucket>()

  /** The bucket of a key; a full one if there is none. It is kept from its first use on. */
  const bucketOf = (key: string, { burst }: Rate): KeyedBucket => buckets.get(key) ?? { key, tokens: burst, at: now(), placed: -Infinity }

  function draw(bucket: KeyedBucket, { perSecond, burst }: Rate, cost: number): number {
    const at = now()
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond)
    bucket.at = at
    if (at - bucket.placed >= PLACE_MS) {
      bucket.placed = at
      buckets.delete(bucket.key)
      buckets.set(bucket.key, bucket)
      if (buckets.size > capacity) {
        const oldest = buckets.keys().next()
        if (!oldest.done) buckets.delete(oldest.value)
      }
    }
    if (bucket.tokens < cost) return Math.ceil(((cost - bucket.tokens) / perSecond) * 1000)
    bucket.tokens -= cost
    return 0
  }

  /** A class, since each connection has several: instances are smaller than closures. */
  class KeyedAllowance implements Allowance {
    readonly #rate: Rate
    #bucket: KeyedBucket

    constructor(key: string, rate: Rate) {
      this.#rate = rate
      this.#bucket = bucketOf(key, rate)
    }

    take(cost = 1): number {
      // It is not kept before its first use, and another caller's bucket may have been kept under the key since.
      if (this.#bucket.placed === -Infinity) this.#bucket = bucketOf(this.#bucket.key, this.#rate)
      return draw(this.#bucket, this.#rate, cost)
    }
  }

  return {
    take: (key, rate, cost = 1) => draw(bucketOf(key, rate), rate, cost),
    allowance: (key, rate) => new KeyedAllowance(key, rate),
  }
}
