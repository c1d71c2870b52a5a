import type { SeenDeadline } from '../../tools/chaos/history.ts'
import { describe, expect, test } from 'vitest'
import { check, type Finding } from '../../tools/chaos/checker.ts'
import { RedisTime } from '../../tools/chaos/redis-time.ts'
import type { Records, MatchRow, PlayerRow, RatingRow, RoundRow } from '../../tools/chaos/records.ts'
import { History } from '../../tools/chaos/history.ts'
import { consistentRecords } from '../support/chaos-records.ts'

const LIMITS = { maxRoundsFactor: 3, maxMissed: 2, roundMs: 5000, revealMs: 1800, game: 'rps' }

/** The findings of the checker after a change of the records, or of the history of the views. */
function after(tamper: (records: Records, history: History) => void): Finding {
  const { records, history } = consistentRecords()
  tamper(records, history)
  const finding = check(records, history.matches, LIMITS)
  return { ...finding, differences: [...history.differences, ...finding.differences] }
}
const kinds = ({ differences }: Finding): string[] => [...new Set(differences.map(({ kind }) => kind))].sort()
const at = <T>(list: readonly T[], index: number): T => list[index] ?? expect.unreachable(`nothing at ${index}`)
const round = (records: Records, index: number): RoundRow => at(records.rounds, index)
const match = (records: Records, index: number): MatchRow => at(records.matches, index)
const player = (records: Records, index: number): PlayerRow => at(records.players, index)
const rating = (records: Records): RatingRow => at(records.ratings, 0)

test('correct records pass', () => {
  const finding = after(() => {})
  expect(finding).toMatchObject({ differences: [], lost: 0, duplicates: 0, unseen: 0 })
  expect(finding.lateness.map(({ ms }) => ms)).toEqual([7])
})

describe('a falsified record is found:', () => {
  const cases: [what: string, kind: string, tamper: (records: Records) => void][] = [
    ['a lost round in the middle', 'lost', (records) => void records.rounds.splice(1, 1)],
    ['a lost round at the end', 'lost', (records) => void records.rounds.splice(3, 1)],
    ['a lost match', 'lost', (records) => void records.matches.splice(1, 1)],
    ['a round recorded twice', 'duplicate', (records) => void records.rounds.push({ ...round(records, 0) })],
    ['a match recorded twice', 'duplicate', (records) => void records.matches.push({ ...match(records, 0) })],
    ['a match rated twice', 'duplicate', (records) => void records.ratings.push({ ...rating(records) })],
    [
      'a match that never ended',
      'forgotten',
      (records) => void Object.assign(match(records, 1), { endedAt: null, reason: null, winner: null }),
    ],
    [
      'another move than the one acknowledged',
      'acknowledgement',
      (records) => void (round(records, 1).moves = ['rock', (round(records, 1).moves as unknown[])[1]]),
    ],
    [
      'another move than the one seen',
      'round',
      (records) => void (round(records, 1).moves = ['rock', (round(records, 1).moves as unknown[])[1]]),
    ],
    ['a round won by the wrong seat', 'row', (records) => void (round(records, 0).winner = 1)],
    ['a round after the end', 'row', (records) => void records.rounds.push({ ...round(records, 3), round: 5 })],
    ['a round decided before its match', 'row', (records) => void (round(records, 0).resolvedAt = new Date(0))],
    ['a missed move in a round that was decided by moves', 'row', (records) => void (round(records, 5).reason = 'moves')],
    ['a wrong score', 'score', (records) => void (match(records, 0).score1 = 0)],
    ['a wrong winner', 'result', (records) => void (match(records, 0).winner = 1)],
    ['a wrong reason', 'result', (records) => void (match(records, 0).reason = 'no_show')],
    ['other players', 'row', (records) => void Object.assign(match(records, 0), { player0Id: 'ben', player1Id: 'ann' })],
    ['a wrong tally', 'tally', (records) => void (player(records, 0).wins += 1)],
    ['a wrong rating', 'tally', (records) => void (player(records, 1).rating += 1)],
    ['a wrong change of rating', 'rating', (records) => void (rating(records).delta0 += 1)],
    ['a wrong rating before', 'rating', (records) => void (rating(records).before1 -= 1)],
    ['a ranked match that was not rated', 'rating', (records) => void records.ratings.pop()],
    ['a casual match that was rated', 'rating', (records) => void (rating(records).matchId = '5-casual')],
    ['an old record in the cache', 'cache', (records) => void (at(records.cached, 0).losses = 0)],
    ['a leaderboard with an old rating', 'leaderboard', (records) => void (at(records.boards['all'] ?? [], 0)[1] -= 1)],
    ['a leaderboard without a player', 'leaderboard', (records) => void records.boards['all']?.pop()],
    ['a leaderboard of a week that is missing', 'leaderboard', (records) => (records.boards = { all: records.boards['all'] ?? [] })],
    ['two matches at once', 'two', (records) => void (match(records, 1).startedAt = new Date(match(records, 0).startedAt.getTime() + 1))],
    [
      'rounds decided in another order',
      'row',
      (records) =>
        void ([round(records, 1).resolvedAt, round(records, 2).resolvedAt] = [round(records, 2).resolvedAt, round(records, 1).resolvedAt]),
    ],
    [
      'a round that was closed before its deadline',
      'deadline',
      (records) => void (round(records, 5).resolvedAt = new Date(round(records, 5).resolvedAt.getTime() - 1000)),
    ],
  ]
  test.each(cases)('%s', (_what, kind, tamper) => {
    expect(kinds(after(tamper))).toContain(kind)
  })

  test('lost rounds and duplicates are counted', () => {
    expect(after((records) => void records.rounds.splice(1, 1)).lost).toBeGreaterThan(0)
    expect(after((records) => void records.rounds.push({ ...round(records, 0) })).duplicates).toBe(1)
  })
})

describe('views that cannot be true are found:', () => {
  const change =
    (patch: object) =>
    (_records: Records, history: History): void => {
      const seen = soundViews()
      history.see({ ...seen, ...patch })
    }
  const soundViews = () => {
    const view = {
      id: '3-ranked',
      version: 20,
      mode: 'ranked' as const,
      bestOf: 3 as const,
      status: 'finished' as const,
      round: 4,
      deadlineAt: null,
      serverTime: 99,
    }
    const seats = ['ann', 'ben'].map((id, seat) => ({
      player: { id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 },
      score: seat ? 1 : 2,
      moved: false,
      connected: true,
      bot: false,
    }))
    return {
      ...view,
      seats,
      lastRound: { round: 4, moves: ['paper', 'rock'] as ['paper', 'rock'], winner: 0 as const, reason: 'moves' as const },
      result: { winner: 0 as const, reason: 'score' as const },
    }
  }

  test('the same view at another time is the same', () => {
    expect(kinds(after(change({})))).toEqual([])
  })
  test('two contents of one version', () => {
    expect(kinds(after(change({ rematch: [true, false] })))).toEqual(['view'])
  })
  test('a rematch request leaves the end as it was', () => {
    expect(kinds(after(change({ version: 21, rematch: [true, false] })))).toEqual([])
  })
  test('two ends of one match', () => {
    expect(kinds(after(change({ version: 21, result: { winner: 1, reason: 'forfeit' } })))).toContain('view')
  })
  test('two outcomes of one round', () => {
    expect(
      kinds(after(change({ version: 21, lastRound: { round: 4, moves: ['rock', 'rock'], winner: null, reason: 'moves' } }))),
    ).toContain('view')
  })
  test('a match that was not recorded', () => {
    expect(kinds(after(change({ id: '7-nowhere' })))).toEqual(['lost'])
  })
  test('a room that no guest joined is not a match', () => {
    const [seat] = soundViews().seats
    expect(kinds(after(change({ id: '7-room', seats: [seat], result: null, lastRound: null })))).toEqual([])
  })
  test('an acknowledged move of a round that has no row', () => {
    expect(kinds(after((_, history) => history.acknowledge('3-ranked', 5, 'ann', 'rock')))).toEqual(['lost'])
  })
  test('scores that the rounds do not add up to', () => {
    const seats = soundViews().seats.map((seat, index) => Object.assign(seat, { score: index }))
    const shown = {
      version: 3,
      status: 'playing',
      round: 3,
      deadlineAt: 1,
      lastRound: { round: 2, moves: ['paper', 'paper'], winner: null, reason: 'moves' },
      result: null,
      seats,
    }
    expect(kinds(after(change(shown)))).toContain('view')
    const { records, history } = consistentRecords()
    for (const row of records.rounds) if (row.matchId === '3-ranked' && row.round === 1) row.winner = null
    expect(check(records, history.matches, LIMITS).differences.map(({ text }) => text)).toContain(
      'match 3-ranked was seen at 1:0 after round 1; its rounds add up to 0:0',
    )
  })
  test('two moves of one round that were both acknowledged', () => {
    expect(kinds(after((_, history) => history.acknowledge('3-ranked', 1, 'ann', 'paper')))).toEqual(['acknowledgement'])
  })
})

describe('while the clock of Redis was stepped:', () => {
  /** The last round of the casual match, which a deadline closed: as a view showed it, and as it was recorded. */
  function lastRound(
    times: RedisTime,
    closedAt: (deadline: number) => number,
    more: (deadline: number) => { version: number; deadlineAt: number; serverTime: number; opensAt?: number }[],
    first: (seen: SeenDeadline, records: Records) => void = () => undefined,
  ): Finding {
    const { records, history } = consistentRecords()
    const [row, over] = [round(records, 5), match(records, 1)]
    const seen = at(history.matches.get('5-casual')?.deadlines.get(2) ?? [], 0)
    const deadline = seen.at
    first(seen, records)
    row.resolvedAt = over.endedAt = new Date(closedAt(deadline))
    const seat = (id: string, score: number) => ({
      player: { id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 },
      score,
      moved: false,
      connected: true,
      bot: false,
    })
    for (const change of more(deadline)) {
      const lastRound = { round: 1, moves: ['rock', 'paper'] as ['rock', 'paper'], winner: 1 as const, reason: 'moves' as const }
      history.see({
        id: '5-casual',
        mode: 'casual',
        bestOf: 3,
        status: 'playing',
        round: 2,
        seats: [seat('ann', 0), seat('ben', 1)],
        lastRound,
        result: null,
        ...change,
      })
    }
    const finding = check(records, history.matches, LIMITS, times)
    return { ...finding, differences: [...history.differences, ...finding.differences] }
  }
  /** Two seconds into the round, the clock steps back by 40 s. */
  function setBack(): RedisTime {
    const { history } = consistentRecords()
    const opened = at(history.matches.get('5-casual')?.deadlines.get(2) ?? [], 0).serverTime
    const times = new RedisTime()
    times.step(-40_000, opened + 2000, opened + 2000)
    return times
  }

  test('a deadline that moves back with the clock is correct, and the round closes by it', () => {
    const finding = lastRound(
      setBack(),
      (deadline) => deadline - 38_000 + 20,
      (deadline) => [{ version: 4, deadlineAt: deadline - 38_000 + 10, serverTime: deadline - 43_000 + 10 }],
    )
    expect(finding.differences).toEqual([])
    // The times of the clock in between are no measure of lateness.
    expect(finding.lateness).toEqual([])
  })
  describe('a step back while the round before is shown', () => {
    /**
     * The clock is ahead by 40 s, and correct again half a second before the round opens; only then does the player see its old deadline.
     */
    function setBackEarly(): RedisTime {
      const { history } = consistentRecords()
      const opens = at(history.matches.get('5-casual')?.deadlines.get(2) ?? [], 0).at - 5000
      const times = new RedisTime()
      times.step(40_000, opens - 55_000, opens - 55_000)
      times.step(0, opens - 40_500, opens - 40_500)
      return times
    }
    const moved = (deadline: number) => [
      { version: 4, deadlineAt: deadline - 38_600, serverTime: deadline - 45_400, opensAt: deadline - 43_600 },
    ]
    const late = (seen: SeenDeadline, records: Records): void => {
      Object.assign(seen, { serverTime: seen.at - 45_450, opensAt: seen.at - 5000 })
      round(records, 4).resolvedAt = new Date(seen.at - 6800)
      match(records, 1).startedAt = new Date(seen.at - 8000)
    }
    test('moves a deadline that no player had seen before the step', () => {
      expect(lastRound(setBackEarly(), (deadline) => deadline - 38_600 + 20, moved, late).differences).toEqual([])
    })
    test('moves no deadline that was set after it', () => {
      const afterwards = (seen: SeenDeadline): void => void Object.assign(seen, { serverTime: seen.at - 45_450, opensAt: null })
      const finding = lastRound(
        setBackEarly(),
        (deadline) => deadline - 38_600 + 20,
        (deadline) => [{ version: 4, deadlineAt: deadline - 41_000, serverTime: deadline - 45_400 }],
        afterwards,
      )
      expect(kinds(finding)).toContain('view')
    })
  })
  test('without a step, a deadline that moves is found', () => {
    const finding = lastRound(
      new RedisTime(),
      (deadline) => deadline + 7,
      (deadline) => [{ version: 4, deadlineAt: deadline - 100, serverTime: deadline - 4000 }],
    )
    expect(kinds(finding)).toContain('view')
  })
  test('a deadline that moves forward is found in spite of a step', () => {
    const finding = lastRound(
      setBack(),
      (deadline) => deadline - 38_000 + 20,
      (deadline) => [{ version: 4, deadlineAt: deadline + 10, serverTime: deadline - 42_000 }],
    )
    expect(kinds(finding)).toEqual(['deadline', 'view'])
  })
  test('a round that closes before the time which a step left it is found', () => {
    expect(
      kinds(
        lastRound(
          setBack(),
          (deadline) => deadline - 40_000,
          () => [],
        ),
      ),
    ).toContain('deadline')
  })
  test('a deadline that is further away than a round is long is found', () => {
    const finding = lastRound(
      setBack(),
      (deadline) => deadline - 38_000 + 20,
      (deadline) => [{ version: 4, deadlineAt: deadline, serverTime: deadline - 42_000 }],
    )
    expect(kinds(finding)).toEqual(['deadline'])
  })
})
