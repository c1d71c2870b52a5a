import type { MatchView, Move, PublicPlayer, RoundView } from '../../client-sdk/src/protocol.ts'
import type { Records } from '../../tools/chaos/records.ts'
import { History } from '../../tools/chaos/history.ts'
import { roundWinner } from '../../games/rps/rules.ts'
import { rate, unrated } from '../../server/src/recorder/ratings.ts'
import { isoWeek } from '../../server/src/recorder/week.ts'

/** Any time: matches begin a minute apart, and a round lasts a second. */
const BEGIN = Date.UTC(2026, 10, 25, 12)
const ROUND_MS = 5000

const record = (id: string): PublicPlayer => ({ id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 })

/** Two matches of ann and ben: a ranked one that ann won, and a casual one in which ann missed a move and ben won. */
const MATCHES: { id: string; mode: 'ranked' | 'casual'; hands: [Move | null, Move | null][] }[] = [
  {
    id: '3-ranked',
    mode: 'ranked',
    hands: [
      ['rock', 'scissors'],
      ['paper', 'paper'],
      ['rock', 'paper'],
      ['paper', 'rock'],
    ],
  },
  {
    id: '5-casual',
    mode: 'casual',
    hands: [
      ['rock', 'paper'],
      [null, 'scissors'],
    ],
  },
]

/** Correct records, and the views and acknowledgements of their players. */
export function consistentRecords(): { records: Records; history: History } {
  const history = new History()
  const records: Records = { players: [], matches: [], rounds: [], ratings: [], boards: {}, cached: [] }
  const tallies = { ann: { ...record('ann'), ...unrated() }, ben: { ...record('ben'), ...unrated() } }
  MATCHES.forEach(({ id, mode, hands }, index) => {
    const startedAt = BEGIN + index * 60_000
    const scores: [number, number] = [0, 0]
    const seats = () =>
      [record('ann'), record('ben')].map((player, seat) => ({
        player,
        score: scores[seat] ?? 0,
        moved: false,
        connected: true,
        bot: false,
      }))
    const view = (round: number, lastRound: RoundView | null): MatchView => {
      const deadlineAt = startedAt + (round - 1) * 1000 + ROUND_MS
      return {
        id,
        version: round + 1,
        mode,
        bestOf: 3,
        status: 'playing',
        round,
        deadlineAt,
        serverTime: deadlineAt - ROUND_MS,
        seats: seats(),
        lastRound,
        result: null,
      }
    }
    history.see(view(1, null))
    let last: RoundView | null = null
    hands.forEach((moves, at) => {
      const round = at + 1
      const winner = roundWinner(...moves)
      const reason = moves.includes(null) ? ('timeout' as const) : ('moves' as const)
      if (winner !== null) scores[winner] += 1
      if (moves[0]) history.acknowledge(id, round, 'ann', moves[0])
      if (moves[1]) history.acknowledge(id, round, 'ben', moves[1])
      const resolvedAt = new Date(reason === 'moves' ? startedAt + round * 1000 : startedAt + at * 1000 + ROUND_MS + 7)
      records.rounds.push({ matchId: id, round, moves, winner, reason, resolvedAt })
      last = { round, moves, winner, reason }
      if (round < hands.length) history.see(view(round + 1, last))
    })
    const winner = scores[0] > scores[1] ? 0 : 1
    history.see({ ...view(hands.length, last), version: 20, status: 'finished', deadlineAt: null, result: { winner, reason: 'score' } })
    const endedAt = records.rounds.at(-1)?.resolvedAt ?? null
    records.matches.push({
      id,
      mode,
      bestOf: 3,
      player0Id: 'ann',
      player1Id: 'ben',
      score0: scores[0],
      score1: scores[1],
      winner,
      reason: 'score',
      startedAt: new Date(startedAt),
      endedAt,
    })
    const { ann, ben } = tallies
    if (mode === 'ranked') records.ratings.push({ matchId: id, before0: ann.rating, before1: ben.rating, delta0: rate(ann, ben, winner) })
    const [winningPlayer, losingPlayer] = winner === 0 ? [ann, ben] : [ben, ann]
    winningPlayer.wins += 1
    losingPlayer.losses += 1
  })
  records.players = [tallies.ann, tallies.ben]
  records.cached = records.players.map(({ id, rating, wins, losses, draws }) => ({ ...record(id), rating, wins, losses, draws }))
  const board = records.players.map(({ id, rating }): [string, number] => [id, rating])
  records.boards = { all: board, [isoWeek(BEGIN)]: [...board] }
  return { records, history }
}
