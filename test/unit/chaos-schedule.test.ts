import { describe, expect, test } from 'vitest'
import { commandOf, readChaosOptions } from '../../tools/chaos/options.ts'
import { latenessOf, resumeTimes, slowestResumes, whileServed, withoutStalls } from '../../tools/chaos/report.ts'
import { plan, type Fault } from '../../tools/chaos/schedule.ts'
import { randomOf } from '../../tools/play/random.ts'

const SIZE = { ms: 600_000, nodes: 3, recorders: 2 }

describe('a schedule', () => {
  test('depends only on the seed', () => {
    expect(plan(randomOf(7), SIZE)).toEqual(plan(randomOf(7), SIZE))
    expect(plan(randomOf(7), SIZE)).not.toEqual(plan(randomOf(8), SIZE))
  })
  test('has every kind of fault within two minutes', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const kinds = new Set(plan(randomOf(seed), { ...SIZE, ms: 120_000 }).map(({ target, action }) => `${target} ${action}`))
      expect(kinds.size, `seed ${seed}`).toBe(18)
    }
  })
  test('steps a clock by 2 to 40 s either way, and nothing else', () => {
    const faults = plan(randomOf(3), SIZE)
    for (const { target, action, stepMs } of faults) {
      expect(Math.sign(stepMs)).toBe(target !== 'clock' ? 0 : action === 'back' ? -1 : 1)
      if (target === 'clock') expect(Math.abs(stepMs)).toSatisfy((ms: number) => ms >= 2000 && ms <= 40_000)
    }
  })
  test('hits no target that is down, and leaves one node and one recorder alone', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const faults = plan(randomOf(seed), SIZE)
      const down = (fault: Fault): number[] =>
        faults
          .filter(
            (other) => other !== fault && other.target === fault.target && other.at <= fault.at && fault.at <= other.at + other.lastsMs,
          )
          .map(({ index }) => index)
      const max = { node: SIZE.nodes - 2, recorder: SIZE.recorders - 2, redis: 0, mysql: 0, nginx: 0, clock: 0 }
      expect(faults.filter((fault) => down(fault).includes(fault.index) || down(fault).length > max[fault.target])).toEqual([])
    }
  })
})

describe('options', () => {
  test('are printed as the command that they were read from', () => {
    const options = readChaosOptions([
      '--minutes',
      '0.5',
      '--players',
      '8',
      '--nodes',
      '4',
      '--recorders',
      '1',
      '--appendfsync',
      'everysec',
      '--seed',
      '12',
    ])
    expect(options && readChaosOptions(commandOf(options).split(' ').slice(4))).toEqual(options)
  })
  test.each([[['--nodes', '1']], [['--minutes', 'x']], [['--players', '2.5']], [['--appendfsync', 'no']], [['--unknown']], [['surplus']]])(
    '%j is refused',
    (args) => {
      expect(() => readChaosOptions(args)).toThrow(/npm run chaos|must be/)
    },
  )
  test('help is requested', () => expect(readChaosOptions(['--help'])).toBeNull())
})

describe('figures', () => {
  test('a resumption is counted from the end of the outage that delayed it', () => {
    const outages = [
      { target: 'nginx' as const, action: 'kill' as const, from: 1100, to: 3000 },
      { target: 'node' as const, action: 'stall' as const, from: 1000, to: 9000 },
    ]
    expect(
      resumeTimes(
        [
          { lostAt: 1000, backAt: 3200 },
          { lostAt: 4000, backAt: 4300 },
        ],
        outages,
      ),
    ).toEqual([200, 300])
  })
  test('a resumption that a stalled node delayed is counted separately', () => {
    const outages = [
      { target: 'node' as const, action: 'stall' as const, from: 1000, to: 2000 },
      { target: 'recorder' as const, action: 'stall' as const, from: 0, to: 9000 },
    ]
    const [before, during, after] = [
      { lostAt: 500, backAt: 900 },
      { lostAt: 1900, backAt: 5000 },
      { lostAt: 2100, backAt: 2400 },
    ]
    expect(withoutStalls([before, during, after], outages)).toEqual([before, after])
  })
  test('a resumption that an outage of Redis or nginx delayed, or the wait that follows one, is counted separately', () => {
    const outages = [
      { target: 'redis' as const, action: 'stall' as const, from: 1000, to: 2000 },
      { target: 'mysql' as const, action: 'kill' as const, from: 0, to: 90_000 },
    ]
    const [before, during, shortlyAfter, later] = [
      { lostAt: 500, backAt: 900 },
      { lostAt: 1900, backAt: 5000 },
      { lostAt: 4900, backAt: 5400 },
      { lostAt: 5100, backAt: 5400 },
    ]
    expect(whileServed([before, during, shortlyAfter, later], outages)).toEqual([before, later])
  })
  test('the slowest resumptions list the faults and the client’s actions, by the time since the loss', () => {
    const resume = {
      player: 'chaos-1',
      lostAt: 1000,
      backAt: 3500,
      steps: [
        { at: 1000, what: 'connecting' },
        { at: 3400, what: 'online' },
      ],
    }
    const outages = [
      { target: 'node' as const, action: 'kill' as const, from: 990, to: 2000 },
      { target: 'mysql' as const, action: 'kill' as const, from: 3600, to: 9000 },
    ]
    expect(slowestResumes([resume], outages)).toEqual([
      '2.50 s of 2.50 s, chaos-1: node kill -10 ms to 1.00 s; 0 ms connecting, 2.40 s online',
    ])
  })
  test('a deadline that passed while Redis was away is counted separately', () => {
    const outages = [{ target: 'redis' as const, action: 'kill' as const, from: 1000, to: 2000 }]
    expect(
      latenessOf(
        [
          { at: 500, ms: 5 },
          { at: 1500, ms: 700 },
        ],
        outages,
      ),
    ).toEqual({ served: [5], away: [700] })
  })
})
