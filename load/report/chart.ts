/** Lines over time as SVG text: needs nothing but a browser. */

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

const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 190, 64, 14, 12, 24]

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** The next of 1, 2, 5, 10, 20, … that is not below. */
export function ceiling(value: number): number {
  if (!(value > 0)) return 1
  const power = 10 ** Math.floor(Math.log10(value))
  return ([1, 2, 5, 10].find((step) => step * power >= value * 0.999_999) ?? 10) * power
}

export function chart({ title, hint, lines, format, from, to }: ChartOptions): string {
  const shown = lines.filter(({ points }) => points.length > 0)
  const top = ceiling(Math.max(0, ...shown.flatMap(({ points }) => points.map(([, value]) => value))))
  const span = Math.max(1, to - from)
  const x = (at: number): string => (LEFT + ((at - from) / span) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const y = (value: number): string => (HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM)).toFixed(1)
  const grid = [0, 0.5, 1].map((share) => {
    const at = y(share * top)
    return `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at}" y2="${at}"/><text x="${LEFT - 6}" y="${Number(at) + 4}" text-anchor="end">${escape(format(share * top))}</text>`
  })
  const times = [0, 0.25, 0.5, 0.75, 1].map(
    (share) => `<text x="${x(from + share * span)}" y="${HEIGHT - 6}" text-anchor="middle">${Math.round((share * span) / 1000)} s</text>`,
  )
  const paths = shown.map(
    ({ points }, index) =>
      `<path class="line c${index % 6}" d="${points.map(([at, value], i) => `${i ? 'L' : 'M'}${x(at)} ${y(value)}`).join('')}"/>`,
  )
  // A line needs two points.
  const dots = shown.map(({ points: [point, next] }, index) =>
    point && !next ? `<circle class="dot c${index % 6}" cx="${x(point[0])}" cy="${y(point[1])}" r="3"/>` : '',
  )
  const legend =
    shown.length > 1
      ? `<p class="legend">${shown.map(({ label }, index) => `<span class="k c${index % 6}">${escape(label)}</span>`).join('')}</p>`
      : ''
  const empty = shown.length ? '' : `<text x="${WIDTH / 2}" y="${HEIGHT / 2}" text-anchor="middle">nothing was measured</text>`
  return `<section><h3>${escape(title)}</h3>${hint ? `<p class="hint">${escape(hint)}</p>` : ''}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(title)}">${grid.join('')}${times.join('')}${paths.join('')}${dots.join('')}${empty}</svg>${legend}</section>`
}
