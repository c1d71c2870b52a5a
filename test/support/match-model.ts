import type { BestOf, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Match, MatchLimits, MatchSetup, NewMatch } from '../../server/src/match/match.ts'

export const playerOf = (id: string): PublicPlayer => ({
  id,
  nickname: `名字 ${id}`,
  avatarUrl: '',
  rating: 1500,
  wins: 0,
  losses: 0,
  draws: 0,
})

export const limitsOf = (bestOf: number, change: Partial<MatchLimits> = {}): MatchLimits => ({
  roundMs: 60_000,
  revealMs: 0,
  maxRounds: bestOf * 3,
  maxMissed: 2,
  botMinMs: 10,
  botMaxMs: 30,
  waitMs: 60_000,
  readyMs: 5000,
  ...change,
})

export interface SpecOptions {
  bestOf?: BestOf
  mode?: MatchSetup['mode']
  code?: string | null
  limits?: Partial<MatchLimits>
}

/** A match of these players; `bot` is the bot, and one player waits for a second. Player x is on connection x:socket. */
export const specOf = (
  id: string,
  players: readonly string[],
  { bestOf = 3, mode = 'casual', code = null, limits = {} }: SpecOptions = {},
): NewMatch => ({
  id,
  setup: {
    format: 1,
    mode,
    bestOf,
    options: {},
    code,
    limits: limitsOf(bestOf, limits),
    seats: players.map((player) => ({ player: playerOf(player), bot: player === 'bot' })),
  },
  connections: players.map((player) => (player === 'bot' ? 'bot' : `${player}:socket`)),
})

/** Asserts that the value is defined. */
export function present<T>(value: T | null | undefined, what = 'it'): T {
  if (value === null || value === undefined) throw new Error(`${what} is missing`)
  return value
}

export const movesOf = (match: Match): readonly unknown[] => match.moves
