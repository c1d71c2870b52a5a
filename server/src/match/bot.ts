import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { MatchLimits } from './match.ts'

/** The bot as a player; a migration stores it in MySQL. Its record never changes. */
export const BOT: PublicPlayer = { id: 'bot', nickname: '机器人', avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 }

/** Stands for the connection of a bot, which is always there. */
export const BOT_CONNECTION = 'bot'

/** The share of a round's time that a bot thinks at most. */
const MAX_SHARE = 0.6

/** How long a bot thinks in a round, ms. */
export const thinkingMs = ({ roundMs, botMinMs, botMaxMs }: MatchLimits, random: () => number): number =>
  Math.min(botMinMs + Math.floor(random() * (botMaxMs - botMinMs + 1)), Math.floor(roundMs * MAX_SHARE))
