/** The value below which a share `q` of a sorted list lies; null for an empty one. */
export function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? null
}

export const ascending = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b)

/** 12345 → `12,345`. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Milliseconds for people: `3 ms`, `1.25 s`. */
export const duration = (ms: number | null): string =>
  ms === null ? '–' : ms < 1000 ? `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`

/** `p50 12 ms, p99 1.20 s, at most 3.40 s (812 values)`. */
export function spread(values: Iterable<number>): string {
  const sorted = ascending(values)
  if (sorted.length === 0) return 'none'
  return `p50 ${duration(quantile(sorted, 0.5))}, p99 ${duration(quantile(sorted, 0.99))}, at most ${duration(sorted.at(-1) ?? null)} (${grouped(sorted.length)} values)`
}
