import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'

/** The bot as a player; a migration stores it in MySQL. Its record never changes. */
export const BOT: PublicPlayer = { id: 'bot', nickname: '机器人', avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 }

/** Stands for the connection of a bot, which is always there. */
export const BOT_CONNECTION = 'bot'
