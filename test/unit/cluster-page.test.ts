import { EventEmitter } from 'node:events'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ControlError, createControl, type Controlled } from '../../tools/cluster-page/control.ts'
import { parseExposition } from '../../tools/cluster-page/exposition.ts'
import { refusal } from '../../tools/cluster-page/guard.ts'
import { progressOf, histogramQuantile, readingOf, together } from '../../tools/cluster-page/reading.ts'
import type { Happening } from '../../tools/cluster-page/report.ts'
import type { ServiceEvents } from '../../tools/services/process.ts'
import { WatchedNode, type WatchedService } from '../../tools/cluster-page/watched.ts'
import { plot } from '../../preview/cluster/plot.ts'
import { listed } from '../../preview/cluster/log.ts'
import { areaOf, ceiling, pathOf, short } from '../../preview/cluster/scale.ts'
import { createMetrics } from '../../server/src/metrics.ts'

test('the metrics of a node are parsed', async () => {
  const metrics = createMetrics('node "1"\\')
  metrics.connections.set(3)
  metrics.open.set(2)
  metrics.outboxBacklog.set(7)
  metrics.rounds.inc({ reason: 'moves' }, 4)
  metrics.rounds.inc({ reason: 'timeout' })
  metrics.scriptSeconds.labels('move').observe(0.0004)
  metrics.scriptSeconds.labels('read').observe(40)
  const reading = readingOf(parseExposition(await metrics.registry.metrics()))
  expect(reading).toMatchObject({ connections: 3, matches: 2, backlog: 7, rounds: 5 })
  expect([reading.steps.get(0.0005), reading.steps.get(30), reading.steps.get(Infinity)]).toEqual([1, 1, 2])
})

const reading = (rounds: number, steps: [number, number][]) => ({
  connections: 0,
  matches: 0,
  backlog: 0,
  rounds,
  moves: rounds * 2,
  steps: new Map(steps),
})

test('the counters of a node that restarted are not taken for counters that went backwards', () => {
  const before = reading(100, [
    [1, 50],
    [Infinity, 60],
  ])
  expect(
    progressOf(
      before,
      reading(104, [
        [1, 53],
        [Infinity, 63],
      ]),
      1000,
    ),
  ).toEqual({
    ms: 1000,
    rounds: 4,
    moves: 8,
    steps: new Map([
      [1, 3],
      [Infinity, 3],
    ]),
  })
  expect(
    progressOf(
      before,
      reading(2, [
        [1, 5],
        [Infinity, 6],
      ]),
      1000,
    ),
  ).toEqual({
    ms: 1000,
    rounds: 2,
    moves: 4,
    steps: new Map([
      [1, 5],
      [Infinity, 6],
    ]),
  })
})

test('a histogramQuantile lies between the bounds that hold it', () => {
  expect(
    histogramQuantile(
      new Map([
        [1, 0],
        [Infinity, 0],
      ]),
      0.5,
    ),
  ).toBeNull()
  expect(histogramQuantile(new Map(), 0.5)).toBeNull()
  expect(
    histogramQuantile(
      new Map([
        [1, 10],
        [2, 20],
        [Infinity, 20],
      ]),
      0.5,
    ),
  ).toBe(1)
  expect(
    histogramQuantile(
      new Map([
        [1, 10],
        [2, 20],
        [Infinity, 20],
      ]),
      0.75,
    ),
  ).toBe(1.5)
  expect(
    histogramQuantile(
      new Map([
        [1, 0],
        [Infinity, 5],
      ]),
      0.5,
    ),
    'beyond the last bound',
  ).toBe(1)
  const bounds = [1, 2, 4, 8]
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 8, noNaN: true }), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, q) => {
        const steps = new Map([...bounds, Infinity].map((bound) => [bound, values.filter((value) => value <= bound).length] as const))
        const exact = values.toSorted((a, b) => a - b)[Math.ceil(q * values.length - 1e-9) - 1] ?? 0
        const found = histogramQuantile(steps, q) ?? Number.NaN
        const high = bounds.find((bound) => exact <= bound) ?? Infinity
        const low = bounds.findLast((bound) => bound < exact) ?? 0
        expect(found).toBeGreaterThanOrEqual(low)
        expect(found).toBeLessThanOrEqual(high)
      },
    ),
  )
})

test('histograms of several nodes add up', () => {
  const part = {
    ms: 1,
    rounds: 0,
    moves: 0,
    steps: new Map([
      [1, 2],
      [Infinity, 3],
    ]),
  }
  expect(together([part, part])).toEqual(
    new Map([
      [1, 4],
      [Infinity, 6],
    ]),
  )
})

const OWN = {
  host: '127.0.0.1:8443',
  origin: 'https://127.0.0.1:8443',
  'content-type': 'application/json',
  'x-caiquan-cluster': '1',
  'sec-fetch-site': 'same-origin',
}

test.each(['127.0.0.1:8443', 'localhost', '[::1]:1', '127.0.0.2'])('the page at %s may press its buttons', (host) => {
  expect(refusal({ ...OWN, host, origin: `https://${host}` })).toBeNull()
})

test.each([
  { host: 'evil.example', origin: 'https://evil.example' },
  { host: '127.0.0.1.evil.example', origin: 'https://127.0.0.1.evil.example' },
  { host: undefined },
  { origin: undefined },
  { origin: 'null' },
  { origin: 'http://127.0.0.1:8443' },
  { origin: 'https://127.0.0.1:9443' },
  { 'content-type': 'text/plain' },
  { 'content-type': undefined },
  { 'x-caiquan-cluster': undefined },
  { 'sec-fetch-site': 'same-site' },
])('no other caller may: %o', (change) => {
  expect(refusal({ ...OWN, ...change })).toMatch(/\.$/)
})

class FakeNode extends EventEmitter<ServiceEvents> implements WatchedService {
  readonly name: string
  readonly url = 'http://127.0.0.1:1'
  pid = 1
  running = true
  wanted = true

  constructor(name: string) {
    super()
    this.name = name
  }
}

test('a death and an orderly stop are told apart', () => {
  const service = new FakeNode('node-1')
  const happenings: Happening[] = []
  const node = new WatchedNode(service, (what) => happenings.push(what))
  expect(node.state).toBe('starting')
  service.running = false
  service.emit('exited', { code: null, signal: 'SIGKILL' })
  expect([node.state, node.report.deaths]).toEqual(['down', 1])
  Object.assign(service, { running: true, pid: 2 })
  service.emit('started')
  expect(node.state).toBe('starting')
  service.wanted = false
  expect(node.state).toBe('draining')
  service.running = false
  service.emit('exited', { code: 0, signal: null })
  expect([node.state, node.report.deaths]).toEqual(['gone', 1])
  expect(happenings).toEqual(['ended', 'ready', 'left'])
  node.release()
  expect(service.eventNames()).toEqual([])
})

test('a process is ready once it says so, not when it answers the first scrape', () => {
  const service = new FakeNode('node-1')
  const node = new WatchedNode(service, () => undefined)
  service.running = false
  service.emit('exited', { code: null, signal: 'SIGKILL' })
  Object.assign(service, { running: true, pid: 2 })
  node.reading = { connections: 0 } as NonNullable<typeof node.reading>
  expect(node.state).toBe('starting')
  service.emit('started')
  expect(node.state).toBe('ready')
  node.release()
})

test('nodes come and go one after the other, never too many and never none', async () => {
  const nodes = [new FakeNode('node-1')] as unknown as Controlled['nodes'][number][]
  let busy = 0
  const alone = async (act: () => void): Promise<void> => {
    expect(++busy).toBe(1)
    await Promise.resolve()
    act()
    busy--
  }
  const cluster: Controlled = {
    nodes,
    redis: null,
    async addNode() {
      const node = new FakeNode(`node-${nodes.length + 1}`) as unknown as Controlled['nodes'][number]
      await alone(() => nodes.push(node))
      return node
    },
    removeNode: (node) => alone(() => nodes.splice(nodes.indexOf(node), 1)),
  }
  const control = createControl(cluster, { note: () => {} }, 3)
  const results = await Promise.allSettled([
    control.add(),
    control.add(),
    control.add(),
    control.stop('node-1'),
    control.stop('node-2'),
    control.stop('node-3'),
  ])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'rejected'])
  await control.close()
  await expect(control.add()).rejects.toThrow(ControlError)
  await expect(control.kill('node-9')).rejects.toMatchObject({ status: 404 })
})

test('a kill is one line; a node that ends by itself, also after a kill, is another line', () => {
  const event = (node: string, what: Happening) => ({ at: 0, node, what })
  const events = [
    event('node-1', 'killed'),
    event('node-2', 'ended'),
    event('node-1', 'ended'),
    event('node-1', 'ready'),
    event('node-1', 'ended'),
  ]
  expect(listed(events)).toEqual([events[0], events[1], events[3], events[4]])
})

test('charts begin at zero and end at a round number', () => {
  expect([0, 3, 5.1, 11, 99, 100, 0.03].map((value) => ceiling(value, 0.01))).toEqual([0.01, 5, 10, 20, 100, 100, 0.05])
  expect(ceiling(0, 4)).toBe(5)
  expect([0, 0.25, 1.5, 12.34, 1234].map(short)).toEqual(['0', '0.25', '1.5', '12.3', '1,234'])
  expect(
    pathOf([
      { x: 0, y: 1 },
      { x: 1, y: null },
      { x: 2, y: 3 },
      { x: 3, y: 4 },
    ]),
  ).toBe('M0.0 1.0M2.0 3.0L3.0 4.0')
  expect(
    areaOf(
      [
        { x: 0, y: 1 },
        { x: 1, y: 2 },
      ],
      [
        { x: 0, y: 5 },
        { x: 1, y: 5 },
      ],
    ),
  ).toBe('M0.0 1.0L1.0 2.0L1.0 5.0L0.0 5.0Z')
})

test('a chart stacks areas, marks events below them, and shows the position of the pointer above them', () => {
  const points = (...values: number[]) => values.map((value, index) => ({ at: index * 10, value }))
  const options = {
    width: 100,
    height: 100,
    margins: { top: 0, bottom: 0, left: 0, right: 0 },
    from: 0,
    to: 10,
    max: 10,
    levels: [{ value: 0, text: 'none' }, { value: 5 }, { value: 10, text: 'a < b' }],
    times: [{ at: 10, text: 'now', anchor: 'end' as const }],
    marks: [{ at: 5, className: 'mark killed' }],
    cursor: 10,
  }
  const series = [
    { className: 'n0', points: points(2, 4) },
    { className: 'n1', points: points(3, 6) },
  ]
  const stacked = plot({ ...options, series, stacked: true })
  expect(stacked).toContain('<path class="area n1" d="M0.0 50.0L100.0 0.0L100.0 60.0L0.0 80.0Z"/>')
  expect(stacked.match(/class="([\w ]+)"/g)?.map((name) => name.slice(7, -1))).toEqual([
    'base',
    'axis',
    'rule',
    'rule',
    'axis',
    'axis',
    'mark killed',
    'area n0',
    'area n1',
    'cursor',
  ])
  expect(stacked).toContain('a &lt; b')
  expect(plot({ ...options, series: [{ className: 'n0', points: points(2) }] })).toContain('<circle class="dot n0" cx="0.0" cy="80.0"')
})
