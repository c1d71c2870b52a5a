import type { GameSnapshot, MatchView, Move } from '../../client-sdk/src/index.ts'

/** A match of ann and bob in its first round. */
export function view(
  change: Partial<MatchView> = {},
  moved: [boolean, boolean] = [false, false],
  scores: [number, number] = [0, 0],
): MatchView {
  const seats = ['ann', 'bob'].map((id, at) => ({
    player: { id, nickname: id, avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 },
    score: scores[at] ?? 0,
    moved: moved[at] ?? false,
    connected: true,
    bot: false,
  }))
  return {
    id: 'm',
    version: 1,
    mode: 'casual',
    bestOf: 3,
    status: 'playing',
    round: 1,
    deadlineAt: 0,
    serverTime: 0,
    seats,
    lastRound: null,
    result: null,
    ...change,
  }
}

/** The snapshot of a client that is online in the match. */
export const snapshotOf = (match: MatchView | null, seat: 0 | 1 | null, move: Move | null = null): GameSnapshot => ({
  match,
  seat,
  move,
  watchers: 0,
  me: null,
  search: null,
  connection: { status: 'online', error: null, reason: null, failures: 0 },
})
