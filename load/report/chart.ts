/** A chart of the report: needs nothing but a browser. */
import { escape, plot } from '../../preview/cluster/plot.ts'
import { ceiling } from '../../preview/cluster/scale.ts'

export interface Line {
  label: string
  /** Epoch ms and value. */
  points: (readonly [at: number, value: number])[]
}

export interface ChartOptions {
  title: string
  hint?: string
  lines: Line[]
  /** How a value is written. */
  format: (value: number) => string
  /** Both ends of the time shown, epoch ms. */
  from: number
  to: number
}

const [WIDTH, HEIGHT] = [560, 190]
const MARGINS = { left: 64, right: 14, top: 12, bottom: 24 }
const COLOURS = 6

export function chart({ title, hint, lines, format, from, to }: ChartOptions): string {
  const shown = lines.filter(({ points }) => points.length > 0)
  const max = ceiling(Math.max(0, ...shown.flatMap(({ points }) => points.map(([, value]) => value))))
  const drawn = plot({
    width: WIDTH,
    height: HEIGHT,
    margins: MARGINS,
    from,
    to,
    max,
    series: shown.map(({ points }, index) => ({ className: `c${index % COLOURS}`, points: points.map(([at, value]) => ({ at, value })) })),
    levels: [0, max / 2, max].map((value) => ({ value, text: format(value) })),
    times: [0, 0.25, 0.5, 0.75, 1].map((share) => ({
      at: from + share * (to - from),
      text: `${Math.round((share * (to - from)) / 1000)} s`,
      anchor: 'middle',
    })),
  })
  const legend =
    shown.length > 1
      ? `<p class="legend">${shown.map(({ label }, index) => `<span class="k c${index % COLOURS}">${escape(label)}</span>`).join('')}</p>`
      : ''
  const empty = shown.length ? '' : `<text x="${WIDTH / 2}" y="${HEIGHT / 2}" text-anchor="middle">nothing was measured</text>`
  const head = `<h3>${escape(title)}</h3>${hint ? `<p class="hint">${escape(hint)}</p>` : ''}`
  const picture = `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">${drawn}${empty}</svg>`
  return `<section>${head}${picture}${legend}</section>`
}
