/** The longest time that the charts show, ms. */
export const SPAN_MS = 300_000
const LEAST_MS = 20_000

/** The time that they show of a cluster that has been watched for this long: at least 20 s, so that the first seconds are visible. */
export const spanOf = (watchedMs: number): number => Math.min(SPAN_MS, Math.max(LEAST_MS, watchedMs))

/** The smallest round number (1, 2, 2.5 or 5 times a power of ten) that is neither below the value nor below `least`; 1 for 0. */
export function ceiling(value: number, least = 0): number {
  const wanted = Math.max(value, least)
  if (!(wanted > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(wanted))
  return ([1, 2, 2.5, 5, 10].find((factor) => factor * power >= wanted * (1 - 1e-9)) ?? 10) * power
}

/** Runs of points without a gap, as the `d` of a path. */
export function pathOf(points: { x: number; y: number | null }[]): string {
  let d = ''
  let on = false
  for (const { x, y } of points) {
    if (y !== null) d += `${on ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`
    on = y !== null
  }
  return d
}

/** A closed area between two lines. */
export function areaOf(upper: { x: number; y: number }[], lower: { x: number; y: number }[]): string {
  if (upper.length === 0) return ''
  return `${pathOf(upper)}${pathOf(lower.toReversed()).replace('M', 'L')}Z`
}

/** At most three significant digits, and none without a meaning. */
export function short(value: number): string {
  if (value >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString('en')
  return value.toPrecision(value < 1 ? 2 : 3).replace(/\.?0+$/, '')
}
