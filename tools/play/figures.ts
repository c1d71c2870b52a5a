/** The smallest of the values that a share `q` of them does not exceed; NaN without values. */
export function quantile(values: Iterable<number>, q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? Number.NaN
}

/** 12345 → `12,345`. */
export const grouped = (value: number): string => Math.round(value).toLocaleString('en-US')

/** Milliseconds for people: `3 ms`, `1.25 s`. */
export const duration = (ms: number): string =>
  ms < 1000 ? `${ms < 10 ? Number(ms.toFixed(1)) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`

/** `p50 12 ms, p99 1.20 s, at most 3.40 s (812 values)`. */
export function spread(values: Iterable<number>): string {
  const all = [...values]
  if (all.length === 0) return 'none'
  const [half, most, longest] = [0.5, 0.99, 1].map((q) => duration(quantile(all, q)))
  return `p50 ${half}, p99 ${most}, at most ${longest} (${grouped(all.length)} values)`
}
