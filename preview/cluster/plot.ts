/** Values over time as the inside of an `<svg>`: text, so that the cluster page and the report of a load test share it. */
import { areaOf, pathOf } from './scale.ts'

/** A line, or an area stacked on those before it. */
export interface PlotSeries {
  /** Gives it its colour. */
  className: string
  points: readonly { at: number; value: number | null }[]
}

export interface PlotOptions {
  /** Of the whole drawing, px. */
  width: number
  height: number
  /** Space for the axes, px. */
  margins: { top: number; bottom: number; left: number; right: number }
  /** Both ends of the time shown, epoch ms. */
  from: number
  to: number
  /** The upper end of the scale; the lower one is 0. */
  max: number
  series: readonly PlotSeries[]
  /** Draws stacked areas; all series then have the same moments. */
  stacked?: boolean
  /** Values written to the left of their line; lines without text may be between them. */
  levels: readonly { value: number; text?: string }[]
  /** Moments written below. */
  times: readonly { at: number; text: string; anchor: 'start' | 'middle' | 'end' }[]
  /** Vertical lines below the series, by their classes. */
  marks?: readonly { at: number; className: string }[]
  /** The moment that is pointed at: a vertical line of the class `cursor` over everything. */
  cursor?: number | null
}

/** Below the line of the lowest value, px. */
const TEXT_BASE = 4

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** Classes: `base` and `rule` (levels), `axis` (text), `line`, `dot` (a line of one point), `area`, and those of series and marks. */
export function plot({
  width,
  height,
  margins,
  from,
  to,
  max,
  series,
  stacked,
  levels,
  times,
  marks = [],
  cursor = null,
}: PlotOptions): string {
  const right = width - margins.right
  const bottom = height - margins.bottom
  const x = (at: number): number => margins.left + ((at - from) / Math.max(1, to - from)) * (right - margins.left)
  const y = (value: number): number => margins.top + (1 - value / max) * (bottom - margins.top)

  const grid = levels.map(({ value, text }) => {
    const at = y(value).toFixed(1)
    const line = `<line class="${value === 0 ? 'base' : 'rule'}" x1="${margins.left}" x2="${right}" y1="${at}" y2="${at}"/>`
    return text === undefined ? line : line + label(margins.left - 6, Number(at) + TEXT_BASE, 'end', text)
  })
  const below = times.map(({ at, text, anchor }) => label(x(at), height - TEXT_BASE, anchor, text))
  const vertical = (at: number, className: string): string => {
    const place = x(at).toFixed(1)
    return `<line class="${className}" x1="${place}" x2="${place}" y1="${margins.top}" y2="${bottom}"/>`
  }
  return [
    ...grid,
    ...below,
    ...marks.map(({ at, className }) => vertical(at, className)),
    ...(stacked ? areas(series, x, y) : series.flatMap((each) => lines(each, x, y))),
    ...(cursor === null ? [] : [vertical(cursor, 'cursor')]),
  ].join('')
}

type Scale = (value: number) => number

const label = (x: number, y: number, anchor: string, text: string): string =>
  `<text class="axis" x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}">${escape(text)}</text>`

function lines({ className, points }: PlotSeries, x: Scale, y: Scale): string[] {
  const d = pathOf(points.map(({ at, value }) => ({ x: x(at), y: value === null ? null : y(value) })))
  const [only, next] = points.filter(({ value }) => value !== null)
  // A line needs two points.
  const dot =
    only && !next ? [`<circle class="dot ${className}" cx="${x(only.at).toFixed(1)}" cy="${y(only.value ?? 0).toFixed(1)}" r="3"/>`] : []
  return [`<path class="line ${className}" d="${d}"/>`, ...dot]
}

function areas(series: readonly PlotSeries[], x: Scale, y: Scale): string[] {
  let lower: number[] = []
  return series.map(({ className, points }) => {
    const upper = points.map(({ value }, index) => (lower[index] ?? 0) + (value ?? 0))
    const edge = (values: number[]): { x: number; y: number }[] => points.map(({ at }, index) => ({ x: x(at), y: y(values[index] ?? 0) }))
    const d = areaOf(edge(upper), edge(lower))
    lower = upper
    return `<path class="area ${className}" d="${d}"/>`
  })
}
