import type { ClusterEvent, Point } from '../../ops/page/report.ts'
import { make, setText, svg } from './dom.ts'
import { areaOf, ceiling, pathOf, short, SPAN_MS, spanOf } from './scale.ts'
import { fill, words } from './words.ts'

export interface Series {
  /** Empty for the only one. */
  label: string
  /** Gives it its colour. */
  className: string
  value(point: Point): number | null
}

export interface ChartOptions {
  title: string
  hint?: string
  /** The upper end of the scale is never lower. */
  least: number
  series(points: Point[]): Series[]
  /** Draws areas that stand on one another. */
  stacked?: boolean
  /** The large number: of the newest moment, or of the one under the pointer. */
  figure(point: Point): string
  /** A moment is pointed at, or none any more. */
  onPoint(at: number | null): void
}

export interface Chart {
  element: HTMLElement
  /** `at`: the moment under the pointer, in any chart. */
  draw(points: Point[], events: ClusterEvent[], at: number | null): void
}

const HEIGHT = 120
const [TOP, BOTTOM, LEFT, RIGHT] = [10, 18, 34, 8]

/** One figure over the last minutes. What happened to nodes is marked, so that cause and effect stand in one place. */
export function createChart(options: ChartOptions): Chart {
  const figure = make('div', 'figure')
  const legend = make('div', 'legend')
  const canvas = svg('svg', { height: HEIGHT, role: 'img' })
  const heading = make('div', 'chart-head', make('h2', '', options.title), figure)
  const element = make('section', 'card chart', heading, make('p', 'hint', options.hint ?? ''), canvas, legend)
  let newest = 0
  let width = 0
  let span = SPAN_MS
  const x = (at: number): number => LEFT + (1 - (newest - at) / span) * (width - LEFT - RIGHT)

  canvas.addEventListener('pointermove', (event) => {
    const share = (event.clientX - canvas.getBoundingClientRect().left - LEFT) / (width - LEFT - RIGHT)
    options.onPoint(newest - (1 - Math.min(1, Math.max(0, share))) * span)
  })
  canvas.addEventListener('pointerleave', () => options.onPoint(null))

  return {
    element,
    draw(points, events, at) {
      const last = points.at(-1)
      if (!last) return
      newest = last.at
      width = canvas.clientWidth || 320
      const shown = points.filter((point) => newest - point.at <= SPAN_MS)
      span = spanOf(newest - (shown[0]?.at ?? newest))
      const pointed = at === null ? last : nearest(shown, at)
      const series = options.series(shown)
      const heights = shown.map((point) => (options.stacked ? [sumOf(series, point)] : series.map(({ value }) => value(point) ?? 0)))
      const max = ceiling(Math.max(0, ...heights.flat()), options.least)
      const y = (value: number): number => TOP + (1 - value / max) * (HEIGHT - TOP - BOTTOM)

      const parts: SVGElement[] = grid(width, max, span, y)
      for (const event of events) {
        const place = x(event.at)
        if (place >= LEFT) parts.push(svg('line', { x1: place, x2: place, y1: TOP, y2: HEIGHT - BOTTOM, class: `mark ${event.what}` }))
      }
      if (options.stacked) parts.push(...areas(series, shown, x, y))
      else {
        for (const { className, value } of series) {
          const d = pathOf(shown.map((point) => ({ x: x(point.at), y: mapped(value(point), y) })))
          parts.push(svg('path', { d, class: `line ${className}` }))
        }
      }
      if (at !== null) parts.push(svg('line', { x1: x(pointed.at), x2: x(pointed.at), y1: TOP, y2: HEIGHT - BOTTOM, class: 'cursor' }))
      canvas.replaceChildren(...parts)
      canvas.setAttribute('viewBox', `0 0 ${width} ${HEIGHT}`)
      canvas.setAttribute('aria-label', `${options.title}: ${options.figure(last)}`)
      setText(figure, options.figure(pointed))
      const labels = series.filter(({ label }) => label)
      const wanted = labels.map(({ label, value }) => `${label} ${numberOf(value(pointed))}`).join('|')
      if (legend.dataset['shown'] !== wanted) {
        legend.dataset['shown'] = wanted
        legend.replaceChildren(
          ...labels.map(({ label, className, value }) =>
            make('span', `key ${className}`, `${label} `, make('b', '', numberOf(value(pointed)))),
          ),
        )
      }
    },
  }
}

const numberOf = (value: number | null): string => (value === null ? '–' : short(value))
const mapped = (value: number | null, y: (value: number) => number): number | null => (value === null ? null : y(value))
const sumOf = (series: Series[], point: Point): number => series.reduce((total, { value }) => total + (value(point) ?? 0), 0)
const nearest = (points: Point[], at: number): Point =>
  points.reduce((best, point) => (Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best))

function grid(width: number, max: number, span: number, y: (value: number) => number): SVGElement[] {
  const text = (content: string, attributes: Record<string, string | number>): SVGElement => {
    const element = svg('text', attributes)
    element.textContent = content
    return element
  }
  const parts: SVGElement[] = []
  for (const value of [0, max / 2, max]) {
    parts.push(svg('line', { x1: LEFT, x2: width - RIGHT, y1: y(value), y2: y(value), class: value === 0 ? 'base' : 'rule' }))
    if (value !== max / 2) parts.push(text(short(value), { x: LEFT - 6, y: y(value) + 4, class: 'axis end' }))
  }
  parts.push(
    text(fill(words.ago, span < 120_000 ? fill(words.seconds, Math.round(span / 1000)) : fill(words.minutes, Math.round(span / 60_000))), {
      x: LEFT,
      y: HEIGHT - 4,
      class: 'axis',
    }),
    text(words.now, { x: width - RIGHT, y: HEIGHT - 4, class: 'axis end' }),
  )
  return parts
}

function areas(series: Series[], points: Point[], x: (at: number) => number, y: (value: number) => number): SVGElement[] {
  let lower = points.map(() => 0)
  return series.map(({ className, value }) => {
    const upper = points.map((point, index) => (lower[index] ?? 0) + (value(point) ?? 0))
    const line = (values: number[]): { x: number; y: number }[] =>
      points.map((point, index) => ({ x: x(point.at), y: y(values[index] ?? 0) }))
    const d = areaOf(line(upper), line(lower))
    lower = upper
    return svg('path', { d, class: `area ${className}` })
  })
}
