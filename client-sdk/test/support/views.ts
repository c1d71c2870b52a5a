import type { MatchView, PublicPlayer } from '../../src/protocol.ts'

export const player = (id: string): PublicPlayer => ({
  id,
  nickname: id,
  avatarUrl: '',
  rating: 1000,
  wins: 0,
  losses: 0,
  draws: 0,
})

/** A view of a running match of `me` and `other`, with changes. */
export function view({
  players = ['me', 'other'],
  moved = [false, false],
  ...changes
}: Partial<MatchView> & { players?: string[]; moved?: boolean[] } = {}): MatchView {
  return {
    id: 'm',
    version: 1,
    mode: 'casual',
    bestOf: 3,
    status: 'playing',
    round: 1,
    deadlineAt: null,
    serverTime: 1000,
    seats: players.map((id, i) => ({ player: player(id), score: 0, moved: moved[i] === true, connected: true, bot: false })),
    lastRound: null,
    result: null,
    ...changes,
  }
}
