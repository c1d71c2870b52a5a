import { BOT_PAIRS, type ClusterReport, type Point } from '../../tools/cluster-page/report.ts'
import type { TabState } from '../host/tabs.ts'
import { createChart, type Chart } from './chart.ts'
import { addNode, killOthers, restartRedis, startBots, stopBots } from './control.ts'
import { createCounts } from './counts.ts'
import { colourOf, make, setText } from './dom.ts'
import { createEventList } from './events.ts'
import { followMoves } from './moves.ts'
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
    series: (shown) =>
      nodesIn(shown).map((node) => ({ label: node, className: colourOf(node), value: ({ connections }) => connections[node] ?? null })),
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
  createChart({
    title: words.backlog,
    hint: words.backlogHint,
    least: 10,
    series: only(({ backlog }) => backlog),
    figure: ({ backlog }) => whole(backlog),
    onPoint,
  }),
]

const status = make('span', 'status')
const problem = make('p', 'problem')
const homeless = make('div', 'tabs')
const events = createEventList()
const counts = createCounts()
const moves = followMoves()
/** Runs the action of a button, and shows why it was refused. */
const run = (act: () => Promise<void>): Promise<void> =>
  act().then(
    () => setText(problem, ''),
    (error: unknown) => setText(problem, error instanceof Error ? error.message : String(error)),
  )
const nodes = createNodeList((act) => void run(act))
const bots = actionButton('', () => ((report?.bots ?? 0) > 0 ? stopBots() : startBots()))
const others = actionButton(words.killOthers, killOthers, words.killOthersHint)
const redis = actionButton(words.restartRedis, restartRedis, words.restartRedisHint)
others.classList.add('danger')
const ready = make('span', 'count')
const add = make('button', '', words.add)
status.setAttribute('role', 'status')
problem.setAttribute('role', 'alert')

function draw(): void {
  if (!report) return
  for (const chart of charts) chart.draw(points, report.events, pointedAt)
  nodes.show(report.nodes, tabs)
  events.show(report.events, moves.moves)
  counts.show(report.counts)
  setText(bots, fill(report.bots > 0 ? words.stopBots : words.startBots, report.bots || BOT_PAIRS))
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
  void run(addNode).finally(() => {
    add.disabled = false
    setText(add, words.add)
  })
})

/** A button that is disabled until its action is done. */
function actionButton(label: string, act: () => Promise<void>, hint = ''): HTMLButtonElement {
  const element = make('button', '', label)
  element.type = 'button'
  element.title = hint
  element.addEventListener('click', () => {
    element.disabled = true
    void run(act).finally(() => (element.disabled = false))
  })
  return element
}

/** The players behind the links: the same two in every language. */
const PLAYERS = ['ann', 'bob']

/** A link that opens a player of this name in a tab of its own, which this page then follows. */
function playerLink(name: string, at: number): HTMLAnchorElement {
  const link = make('a', 'button primary', fill(words.openPlayer, name))
  const query = new URLSearchParams(location.search)
  query.set('player', PLAYERS[at] ?? '')
  query.set('name', name)
  link.href = `/?${query.toString()}`
  link.target = '_blank'
  link.rel = 'opener'
  return link
}

function live(on: boolean): void {
  status.dataset['live'] = String(on)
  setText(status, on ? words.live : words.lost)
}

function build(): void {
  document.documentElement.lang = lang
  document.title = `${words.title} · Caiquan 猜拳`
  const game = make('a', 'game-link', words.game)
  game.href = `/${location.search}`
  const steps = make('ol', '', ...words.steps.map((step) => make('li', '', step)))
  document.body.append(
    make('header', 'top', make('h1', '', words.title), game, status),
    make(
      'main',
      '',
      make(
        'section',
        'card intro',
        make('p', 'lead', words.lead),
        steps,
        make('div', 'actions', ...words.names.map(playerLink), bots, others, redis),
      ),
      counts.element,
      make(
        'section',
        'node-section',
        make('div', 'section-head', make('h2', '', words.nodes), ready, add),
        problem,
        nodes.element,
        homelessRow,
        make('p', 'hint', words.supervised),
        make('p', 'hint', words.tabsHint),
      ),
      // The events are beside the first charts, where a reader sees players move as it happens.
      make('div', 'charts', ...charts.map(({ element }) => element).toSpliced(2, 0, events.element)),
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
    // A browser gives up if the reply is no stream, as nginx sends while nothing listens behind it.
    setTimeout(listen, 1000)
  })
}

build()
followTabs((known) => {
  tabs = known
  moves.see(known)
  draw()
})
listen()
addEventListener('resize', draw)
