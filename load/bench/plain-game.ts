import type { BestOf, MatchView, Move, SeatView } from '../../client-sdk/src/protocol.ts'

/** A match as a single trusted process would keep it: an object in memory. */
export interface PlainMatch {
  view: MatchView
  moves: [Move | null, Move | null]
  timer: NodeJS.Timeout | null
}

const BEATS: Record<Move, Move> = { rock: 'scissors', scissors: 'paper', paper: 'rock' }

export function openMatch(id: string, players: [string, string], bestOf: BestOf, roundMs: number): PlainMatch {
  const now = Date.now()
  const seat = (player: string): SeatView => ({
    player: { id: player, nickname: player, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 },
    score: 0,
    moved: false,
    connected: true,
    bot: false,
  })
  return {
    view: {
      id,
      version: 1,
      mode: 'casual',
      bestOf,
      status: 'playing',
      round: 1,
      deadlineAt: now + roundMs,
      serverTime: now,
      seats: [seat(players[0]), seat(players[1])],
      lastRound: null,
      result: null,
    },
    moves: [null, null],
    timer: null,
  }
}

/** Whether the move was accepted, and whether it decided the round. */
export function takeMove(
  { view, moves }: PlainMatch,
  seat: 0 | 1,
  round: number,
  move: Move,
  roundMs: number,
): 'taken' | 'decided' | 'refused' {
  const own = view.seats[seat]
  if (view.status !== 'playing' || round !== view.round || !own || own.moved) return 'refused'
  moves[seat] = move
  own.moved = true
  view.version += 1
  view.serverTime = Date.now()
  const [a, b] = moves
  if (a === null || b === null) return 'taken'
  const winner = a === b ? null : BEATS[a] === b ? 0 : 1
  view.lastRound = { round, moves: [a, b], winner, reason: 'moves' }
  for (const each of view.seats) each.moved = false
  moves[0] = moves[1] = null
  if (winner !== null) {
    const victor = view.seats[winner]
    if (victor) victor.score += 1
    if (victor && victor.score >= Math.ceil(view.bestOf / 2)) {
      view.status = 'finished'
      view.result = { winner, reason: 'score' }
      view.deadlineAt = null
      return 'decided'
    }
  }
  view.round += 1
  view.deadlineAt = Date.now() + roundMs
  return 'decided'
}
