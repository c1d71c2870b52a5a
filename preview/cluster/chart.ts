import type { ClusterEvent, Point } from '../../tools/cluster-page/report.ts'
import { make, setText } from './dom.ts'
import { plot } from './plot.ts'
import { ceiling, short, SPAN_MS, spanOf } from './scale.ts'
import { fill, words } from './words.ts'

export interface Series {
  /** Empty if it is the only one. */
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
  /** Draws stacked areas. */
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
const MARGINS = { top: 10, bottom: 18, left: 34, right: 8 }

/** One figure over the last minutes. Events of nodes are marked, so that cause and effect are in one place. */
export function createChart(options: ChartOptions): Chart {
  const figure = make('div', 'figure')
  const legend = make('div', 'legend')
  const canvas = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  canvas.setAttribute('height', String(HEIGHT))
  canvas.setAttribute('role', 'img')
  const heading = make('div', 'chart-head', make('h2', '', options.title), figure)
  const element = make('section', 'card chart', heading, make('p', 'hint', options.hint ?? ''), canvas, legend)
  let newest = 0
  let width = 0
  let span = SPAN_MS

  canvas.addEventListener('pointermove', (event) => {
    const share = (event.clientX - canvas.getBoundingClientRect().left - MARGINS.left) / (width - MARGINS.left - MARGINS.right)
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
      const from = newest - span
      const age = span < 120_000 ? fill(words.seconds, Math.round(span / 1000)) : fill(words.minutes, Math.round(span / 60_000))
      canvas.innerHTML = plot({
        width,
        height: HEIGHT,
        margins: MARGINS,
        from,
        to: newest,
        max,
        series: series.map(({ className, value }) => ({
          className,
          points: shown.map((point) => ({ at: point.at, value: value(point) })),
        })),
        stacked: options.stacked ?? false,
        levels: [{ value: 0, text: short(0) }, { value: max / 2 }, { value: max, text: short(max) }],
        times: [
          { at: from, text: fill(words.ago, age), anchor: 'start' },
          { at: newest, text: words.now, anchor: 'end' },
        ],
        marks: events.filter((event) => event.at >= from).map(({ at: when, what }) => ({ at: when, className: `mark ${what}` })),
        cursor: at === null ? null : pointed.at,
      })
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
const sumOf = (series: Series[], point: Point): number => series.reduce((total, { value }) => total + (value(point) ?? 0), 0)
const nearest = (points: Point[], at: number): Point =>
  points.reduce((best, point) => (Math.abs(point.at - at) < Math.abs(best.at - at) ? point : best))
