import type { ClusterReport, Point } from '../../ops/page/report.ts'
import type { TabState } from '../host/tabs.ts'
import { createChart, type Chart } from './chart.ts'
import { addNode } from './control.ts'
import { colourOf, make, setText } from './dom.ts'
import { createEventList } from './events.ts'
import { createNodeList, showTabs } from './nodes.ts'
import { short, SPAN_MS } from './scale.ts'
import { followTabs } from './tabs.ts'
import { fill, lang, words } from './words.ts'

let points: Point[] = []
let report: ClusterReport | null = null
let tabs: TabState[] = []
let pointedAt: number | null = null

const whole = (value: number | null): string => (value === null ? '–' : String(value))
const onPoint = (at: number | null): void => {
  pointedAt = at
  draw()
}
const only = (value: (point: Point) => number | null) => () => [{ label: '', className: 'n0', value }]
const nodesIn = (shown: Point[]): string[] =>
  [...new Set(shown.flatMap(({ connections }) => Object.keys(connections)))].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))

const charts: Chart[] = [
  createChart({
    title: words.connections,
    least: 4,
    stacked: true,
    series: (shown) => nodesIn(shown).map((node) => ({ label: node, className: colourOf(node), value: ({ connections }) => connections[node] ?? null })),
    figure: ({ connections }) => String(Object.values(connections).reduce((total, count) => total + count, 0)),
    onPoint,
  }),
  createChart({ title: words.matches, least: 4, series: only(({ matches }) => matches), figure: ({ matches }) => whole(matches), onPoint }),
  createChart({
    title: words.rounds,
    least: 1,
    series: only(({ roundsPerSecond }) => roundsPerSecond),
    figure: ({ roundsPerSecond }) => (roundsPerSecond === null ? '–' : short(Math.round(roundsPerSecond * 10) / 10)),
    onPoint,
  }),
  createChart({
    title: words.step,
    hint: words.stepHint,
    least: 2,
    series: () => [
      { label: '99 %', className: 'n0', value: ({ stepMs }) => stepMs && stepMs.p99 },
      { label: '50 %', className: 'n1', value: ({ stepMs }) => stepMs && stepMs.p50 },
    ],
    figure: ({ stepMs }) => (stepMs ? fill(words.ms, short(stepMs.p99)) : '–'),
    onPoint,
  }),
  createChart({ title: words.backlog, hint: words.backlogHint, least: 10, series: only(({ backlog }) => backlog), figure: ({ backlog }) => whole(backlog), onPoint }),
]

const status = make('span', 'status')
const problem = make('p', 'problem')
const homeless = make('div', 'tabs')
const events = createEventList()
const nodes = createNodeList((act) => {
  act().then(
    () => setText(problem, ''),
    (error: unknown) => setText(problem, error instanceof Error ? error.message : String(error)),
  )
})
const ready = make('span', 'count')
const add = make('button', '', words.add)
status.setAttribute('role', 'status')
problem.setAttribute('role', 'alert')

function draw(): void {
  if (!report) return
  for (const chart of charts) chart.draw(points, report.events, pointedAt)
  nodes.show(report.nodes, tabs)
  events.show(report.events)
  const known = new Set(report.nodes.map(({ name }) => name))
  const without = tabs.filter(({ node }) => !known.has(node))
  homelessRow.hidden = without.length === 0
  showTabs(homeless, without)
  const wanted = report.nodes.filter(({ state }) => state !== 'gone' && state !== 'draining')
  setText(ready, `${wanted.filter(({ state }) => state === 'ready').length} / ${wanted.length}`)
  add.hidden = wanted.length >= report.most
}

const homelessRow = make('p', 'homeless', `${words.homeless}: `, homeless)
add.type = 'button'
add.addEventListener('click', () => {
  add.disabled = true
  setText(add, words.adding)
  addNode()
    .then(() => setText(problem, ''))
    .catch((error: unknown) => setText(problem, error instanceof Error ? error.message : String(error)))
    .finally(() => {
      add.disabled = false
      setText(add, words.add)
    })
})

function live(on: boolean): void {
  status.dataset['live'] = String(on)
  setText(status, on ? words.live : words.lost)
}

function build(): void {
  document.documentElement.lang = lang
  document.title = `${words.title} · Caiquan 猜拳`
  const player = make('a', 'button primary', words.openPlayer)
  player.href = `/${location.search}`
  player.target = '_blank'
  player.rel = 'opener'
  const steps = make('ol', '', ...words.steps.map((step) => make('li', '', step)))
  document.body.append(
    make('header', 'top', make('h1', '', words.title), status),
    make(
      'main',
      '',
      make('section', 'card intro', make('p', 'lead', words.lead), steps, player),
      make('section', 'node-section', make('div', 'section-head', make('h2', '', words.nodes), ready, add), problem, nodes.element, homelessRow, make('p', 'hint', words.supervised), make('p', 'hint', words.tabsHint)),
      make('div', 'charts', ...charts.map(({ element }) => element), events.element),
    ),
  )
  live(false)
}

function listen(): void {
  const source = new EventSource('/cluster/api/events')
  source.addEventListener('message', ({ data }: MessageEvent<string>) => {
    report = JSON.parse(data) as ClusterReport
    if (report.first) points = report.points
    else points = [...points, ...report.points].filter(({ at }) => (report?.points.at(-1)?.at ?? at) - at <= SPAN_MS)
    live(true)
    draw()
  })
  source.addEventListener('error', () => {
    live(false)
    if (source.readyState !== EventSource.CLOSED) return
    // A browser gives up at an answer that is no stream, as nginx gives while nobody listens behind it.
    setTimeout(listen, 1000)
  })
}

build()
followTabs((known) => {
  tabs = known
  draw()
})
listen()
addEventListener('resize', draw)
