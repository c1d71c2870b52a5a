import { describe, expect, test } from 'vitest'
import { commandOf, readLoadOptions } from '../../load/options.ts'
import { chart } from '../../load/report/chart.ts'
import { htmlOf } from '../../load/report/html.ts'
import { check, valueOf, type Period } from '../../load/report/results.ts'
import { textOf } from '../../load/report/text.ts'
import { conditionOf, SCENARIO, SCENARIOS, scriptOf } from '../../load/scenarios.ts'
import type { Moment } from '../../load/servers.ts'
import { ceiling } from '../../preview/cluster/scale.ts'
import * as players from '../../load/virtual-players.ts'

const total: Period = {
  at: 0,
  counters: { failures: 0, 'vusers.created': 40, matches_seen: 39 },
  summaries: { move_ms: { median: 3, p95: 8, p99: 20.5, max: 31, count: 400 } },
}
const moment = (at: number): Moment => ({
  at,
  connections: 40,
  rounds: 12.5,
  commands: 30,
  backlog: 3,
  loopLag: 0.011,
  moveP50: 1.2,
  moveP99: null,
  memory: { nodes: 3e8, redis: 1e7 },
  cpu: { nodes: 0.5, redis: 0.1 },
})

describe('options', () => {
  test('are printed as the command that they were read from', () => {
    const options = readLoadOptions(['rooms', '--players', '30', '--seconds', '20', '--think', '0.5-2', '--nodes', '2', '--ramp', '3'])
    expect(options && readLoadOptions(commandOf(options).split(' ').slice(4))).toEqual(options)
  })
  test('know how long each scenario takes', () => {
    expect(readLoadOptions(['play', '--players', '2000'])).toMatchObject({ seconds: 60, ramp: 40 })
    expect(readLoadOptions(['storm'])).toMatchObject({ seconds: 45, ramp: 4 })
  })
  test.each([
    [[]],
    [['nothing']],
    [['play', 'idle']],
    [['play', '--players', '16000']],
    [['rooms', '--players', '31']],
    [['play', '--think', '4-1']],
    [['play', '--think', '1-20']],
    [['play', '--unknown']],
  ])('%j is refused', (args) => {
    expect(() => readLoadOptions(args)).toThrow(/--help|must be/)
  })
})

describe('thresholds', () => {
  test('read counters and histograms', () => {
    expect(valueOf(total, 'matches_seen')).toBe(39)
    expect(valueOf(total, 'vusers.created')).toBe(40)
    expect(valueOf(total, 'move_ms.p99')).toBe(20.5)
    expect(valueOf(total, 'find_ms.p99')).toBeNull()
  })
  test('fail at the limit, below the minimum, and if nothing was reported', () => {
    expect(check(total, { metric: 'move_ms.p99', below: 20.5 }).passed).toBe(false)
    expect(check(total, { metric: 'move_ms.p99', below: 21 }).passed).toBe(true)
    expect(check(total, { metric: 'matches_seen', atLeast: 40 }).passed).toBe(false)
    expect(check(total, { metric: 'matches_seen', atLeast: 39 }).passed).toBe(true)
    expect(check(total, { metric: 'find_ms.p99', below: 1000 }).passed).toBe(false)
    expect(check(total, { metric: 'vusers.failed', below: 1 }).passed).toBe(true)
  })
  test("no metric's name is the beginning of another's: artillery replaces them by their text", () => {
    const names = SCENARIOS.flatMap((name) => SCENARIO[name].thresholds(2)).map(({ metric }) => metric)
    for (const name of new Set(names)) expect([...new Set(names)].filter((other) => other !== name && other.startsWith(name))).toEqual([])
  })
  test.each(SCENARIOS)('%s calls an existing function, and has conditions', (name) => {
    const script = scriptOf(
      SCENARIO[name],
      { url: 'https://127.0.0.1:1', certificate: null, players: 40, rampMs: 2000, stayMs: 1000, thinkMs: [1, 2], game: 'rps' },
      'x.mjs',
    )
    expect(Object.entries(players)).toContainEqual([SCENARIO[name].call, expect.any(Function)])
    expect(script).toMatchObject({
      config: {
        phases: [{ arrivalCount: 40, duration: 2 }],
        ensure: { maxErrorRate: 0, conditions: expect.arrayContaining([{ expression: 'failures < 1' }]) },
      },
    })
  })
})

describe('the report', () => {
  test.each([
    [0, 1],
    [0.3, 0.5],
    [1, 1],
    [7, 10],
    [11, 20],
    [480, 500],
    [1001, 2000],
  ])('a scale that holds %d ends at %d', (value, end) => expect(ceiling(value)).toBeCloseTo(end))
  test('a line goes from the left to the right, and higher values are higher up', () => {
    const svg = chart({
      title: 'x',
      lines: [
        {
          label: 'a',
          points: [
            [0, 0],
            [10, 10],
          ],
        },
      ],
      format: String,
      from: 0,
      to: 10,
    })
    expect(svg).toContain('d="M64.0 166.0L546.0 12.0"')
  })
  test('a chart without measurements says so', () => {
    expect(chart({ title: 'x', lines: [], format: String, from: 0, to: 10 })).toContain('nothing was measured')
  })
  test('is one file in UTF-8 with all that was measured, and escapes texts', () => {
    const checks = SCENARIO.play.thresholds(40).map((threshold) => check(total, threshold))
    const html = htmlOf({
      title: 'play: 四十 <b>',
      command: 'npm run load',
      begun: 1000,
      results: { total, periods: [{ ...total, at: 2000 }] },
      moments: [moment(1000), moment(3000)],
      checks,
    })
    expect(html).toContain('<meta charset="utf-8">')
    expect(html).toContain('play: 四十 &lt;b&gt;')
    expect(html).toContain('prefers-color-scheme: dark')
    expect(html).not.toMatch(/NaN|undefined|Infinity|(?:src|href)=/)
    expect(html.match(/<svg /g)).toHaveLength(9)
    for (const each of checks) expect(html).toContain(conditionOf(each).replace('<', '&lt;').replace('>', '&gt;'))
  })
  test('in a terminal lists missed thresholds and by how much', () => {
    const text = textOf(
      { total, periods: [] },
      [moment(1000)],
      [check(total, { metric: 'matches_seen', atLeast: 40 }), check(total, { metric: 'failures', below: 1 })],
    )
    expect(text).toContain('MISSED  matches_seen >= 40: it is 39')
    expect(text).toContain('ok      failures < 1')
    expect(text).toMatch(/move +3\.?0? +8 +21 +31 +400/)
  })
})
