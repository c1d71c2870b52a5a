import { randomBytes, randomInt } from 'node:crypto'
import { ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH } from '../../client-sdk/src/protocol.ts'

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz'

/** Random bytes are drawn a thousand at a time, since each draw has a high fixed cost. */
let pool = randomBytes(0)
let used = 0

function randomText(length: number): string {
  if (used + length > pool.length) {
    pool = randomBytes(1024)
    used = 0
  }
  let text = ''
  for (const end = used + length; used < end; used += 1) text += ALPHABET.charAt((pool[used] ?? 0) & 31)
  return text
}

/** Nine characters of time, so that ids sort by age and indexes grow at their end, then 60 random bits. */
const timeSorted = (): string => Date.now().toString(36).padStart(9, '0') + randomText(12)

export const newPlayerId = (): string => timeSorted()

/** The form of a player id. That of the bot is a word. */
export const PLAYER_ID = /^(?:[0-9a-z]{21}|bot)$/

/** Names one life of a node: after a restart it has another id. */
export const newNodeId = (): string => randomText(10)

export const newMatchId = (shards: number): string => `${Math.floor(Math.random() * shards)}-${timeSorted()}`

/** The form of a match id; it says nothing about whether the match exists. */
export const MATCH_ID = /^\d{1,4}-[0-9a-z]{21}$/

export function newRoomCode(): string {
  let code = ''
  while (code.length < ROOM_CODE_LENGTH) code += ROOM_CODE_ALPHABET.charAt(randomInt(ROOM_CODE_ALPHABET.length))
  return code
}

/** 256 random bits: the session id that a client keeps. The server stores only its SHA-256. */
export const newSessionId = (): string => randomBytes(32).toString('base64url')
export const SESSION_ID = /^[A-Za-z0-9_-]{43}$/
