/** The report of a run: one file that needs no other. */
import { grouped } from '../../tools/play/figures.ts'
import { conditionOf } from '../scenarios.ts'
import type { Moment } from '../servers.ts'
import { escape } from '../../preview/cluster/plot.ts'
import { chart, type ChartOptions, type Line } from './chart.ts'
import type { Check, Period, Results, Summary } from './results.ts'

export interface ReportOptions {
  title: string
  command: string
  /** Epoch ms. */
  begun: number
  results: Results
  moments: Moment[]
  checks: Check[]
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2330; --soft: #5b6575; --paper: #fff; --card: #f4f6f9; --rule: #d8dee8;
  --good: #15803d; --bad: #b91c1c }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf1; --soft: #9aa6b8; --paper: #12161d; --card: #1b212b; --rule: #323b49;
  --good: #4ade80; --bad: #f87171 } }
body { margin: 0 auto; max-width: 1220px; padding: 24px 16px 64px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 19px; margin: 32px 0 12px } h3 { font-size: 15px; margin: 0 }
code { background: var(--card); padding: 2px 6px; border-radius: 4px; overflow-wrap: anywhere }
.hint { color: var(--soft); margin: 0; font-size: 13px }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px }
section { background: var(--card); border-radius: 10px; padding: 14px }
svg { width: 100%; height: auto; display: block } svg text { fill: var(--soft); font-size: 11px }
.base, .rule { stroke: var(--rule) } .dot { fill: var(--c) } .line { fill: none; stroke: var(--c); stroke-width: 2; stroke-linejoin: round }
.c0 { --c: #2563eb } .c1 { --c: #d97706 } .c2 { --c: #059669 } .c3 { --c: #db2777 } .c4 { --c: #7c3aed } .c5 { --c: #64748b }
.legend { display: flex; flex-wrap: wrap; gap: 4px 14px; margin: 6px 0 0; font-size: 13px; color: var(--soft) }
.k::before { content: ""; display: inline-block; width: 12px; height: 3px; background: var(--c); margin-right: 6px; vertical-align: middle }
.scroll { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: right; padding: 5px 10px; border-bottom: 1px solid var(--rule); white-space: nowrap }
th:first-child, td:first-child { text-align: left }
.good { color: var(--good) } .bad { color: var(--bad); font-weight: 600 }
`

const number = (value: number | null | undefined): string =>
  value === null || value === undefined
    ? '–'
    : value >= 100 || Number.isInteger(value)
      ? grouped(value)
      : String(Number(value.toPrecision(3)))
const ms = (value: number): string => `${number(value)} ms`
const bytes = (value: number): string => `${number(value / 1_048_576)} MB`

export function htmlOf({ title, command, begun, results, moments, checks }: ReportOptions): string {
  const { total, periods } = results
  // Artillery takes a while to start.
  const from = moments.findLast((_, index) => moments.slice(0, index + 2).every(({ connections }) => connections === 0))?.at ?? begun
  const to = Math.max(begun + 1000, ...moments.map(({ at }) => at), ...periods.map(({ at }) => at))
  const client = (metric: string, of: keyof Summary): Line => ({
    label: of,
    points: periods.flatMap(({ at, summaries }) => point(Math.max(from, at), summaries[metric]?.[of])),
  })
  const server = (label: string, value: (moment: Moment) => number | null): Line => ({
    label,
    points: moments.flatMap((moment) => point(moment.at, value(moment))),
  })
  const draw = (options: Omit<ChartOptions, 'from' | 'to'>): string => chart({ ...options, from, to })
  const names = Object.keys(moments.at(-1)?.cpu ?? {})
  const passed = checks.every((each) => each.passed)

  const seen = Object.keys(total.summaries).filter((name) => name.endsWith('_ms'))
  const clients = seen.map((name) =>
    draw({
      title: name.replace('_ms', '').replaceAll('_', ' '),
      hint: HINTS[name] ?? '',
      lines: (['p50', 'p95', 'p99'] as const).map((of) => client(name, of)),
      format: ms,
    }),
  )
  const servers = [
    draw({ title: 'Rounds a second', lines: [server('rounds', ({ rounds }) => rounds)], format: number }),
    draw({ title: 'Connections', lines: [server('connections', ({ connections }) => connections)], format: number }),
    draw({
      title: 'A move at the nodes',
      hint: 'from its arrival to its acknowledgement',
      lines: [server('p50', ({ moveP50 }) => moveP50), server('p99', ({ moveP99 }) => moveP99)],
      format: ms,
    }),
    draw({
      title: 'Delay of the event loop',
      hint: 'longest delay, slowest node',
      lines: [server('lag', ({ loopLag }) => loopLag * 1000)],
      format: ms,
    }),
    draw({
      title: 'Processor',
      hint: 'cores; all nodes together',
      lines: names.map((name) => server(name, ({ cpu }) => cpu[name] ?? null)),
      format: number,
    }),
    draw({
      title: 'Memory',
      hint: 'resident; all nodes together',
      lines: names.map((name) => server(name, ({ memory }) => memory[name] ?? null)),
      format: bytes,
    }),
    draw({
      title: 'Waiting for MySQL',
      hint: 'events in the outboxes',
      lines: [server('events', ({ backlog }) => backlog)],
      format: number,
    }),
    draw({ title: 'Commands a second', lines: [server('commands', ({ commands }) => commands)], format: number }),
  ]
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(title)} <span class="${passed ? 'good' : 'bad'}">${passed ? 'passed' : 'failed'}</span></h1>
<p class="hint">${new Date(begun).toISOString()} · <code>${escape(command)}</code></p>
<h2>Thresholds</h2>${checksTable(checks)}
<h2>As the players saw it</h2>${summaryTable(total, seen)}
<div class="charts">${clients.join('')}</div>
<h2>As the servers saw it</h2><div class="charts">${servers.join('')}</div>
<h2>Counted</h2>${countersTable(total)}
</body></html>
`
}

const point = (at: number, value: number | null | undefined): [number, number][] =>
  value === null || value === undefined ? [] : [[at, value]]

export const HINTS: Record<string, string> = {
  login_ms: 'from start to online: login, session, handshake',
  find_ms: 'from asking for an opponent to the match',
  move_ms: 'from choosing a hand to its acknowledgement',
  reveal_ms: "from the second player's choice to the decided round on their screen",
  create_ms: 'a room is opened',
  join_ms: 'a room is joined by its code',
  reconnect_ms: 'from the loss of the socket to online with the current view',
}

function checksTable(checks: Check[]): string {
  const rows = checks.map(
    (each) =>
      `<tr><td>${escape(conditionOf(each))}</td><td>${number(each.value)}</td><td ` +
      `class="${each.passed ? 'good' : 'bad'}">${each.passed ? 'ok' : 'missed'}</td></tr>`,
  )
  return `<div class="scroll"><table><tr><th>threshold</th><th>measured</th><th></th></tr>${rows.join('')}</table></div>`
}

const COLUMNS = ['count', 'min', 'median', 'p95', 'p99', 'max'] as const

function summaryTable({ summaries }: Period, names: string[]): string {
  const rows = names.map(
    (name) => `<tr><td>${escape(name)}</td>${COLUMNS.map((column) => `<td>${number(summaries[name]?.[column])}</td>`).join('')}</tr>`,
  )
  const heads = COLUMNS.map((column) => `<th>${column}</th>`).join('')
  return `<div class="scroll"><table><tr><th>milliseconds</th>${heads}</tr>${rows.join('')}</table></div><br>`
}

function countersTable({ counters }: Period): string {
  const rows = Object.entries(counters)
    .filter(([, value]) => typeof value === 'number')
    .map(([name, value]) => `<tr><td>${escape(name)}</td><td>${number(value)}</td></tr>`)
  return `<div class="scroll"><table>${rows.join('')}</table></div>`
}
