import type { BestOf, MatchMode, ResultReason, SeatIndex } from '../../client-sdk/src/protocol.ts'
import { newMatchId } from '../../server/src/ids.ts'
import { outboxKey, shardOf } from '../../server/src/keys.ts'
import { fieldsOf } from '../../tools/play/outbox-entry.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'

export interface FakeMatch {
  players: [string, string]
  mode?: MatchMode
  bestOf?: BestOf
  winner?: SeatIndex | null
  reason?: ResultReason
  startedAt?: number
  /** Null leaves the match running. */
  endedAt?: number | null
  shards?: number
}

/** Appends to the outbox the events that a commit would append for a match of one round, at any given time. Returns the id of the match. */
export async function appendMatch(redis: RedisClient, match: FakeMatch): Promise<string> {
  const { players, mode = 'ranked', bestOf = 1, winner = 0, reason = 'score', endedAt = Date.now(), shards = 16 } = match
  const { startedAt = (endedAt ?? Date.now()) - 5000 } = match
  const id = newMatchId(shards)
  const won = winner === null ? '' : String(winner)
  const moves = winner === null ? ['rock', 'rock'] : winner === 0 ? ['rock', 'scissors'] : ['scissors', 'rock']
  const [move0 = '', move1 = ''] = moves
  const key = outboxKey(shardOf(id))
  const step = redis.multi()
  step.xadd(key, '*', ...fieldsOf({ type: 'start', match: id, mode, bestOf, player0: players[0], player1: players[1], at: startedAt }))
  if (endedAt !== null) {
    step.xadd(key, '*', ...fieldsOf({ type: 'round', match: id, round: 1, move0, move1, winner: won, reason: 'moves', at: endedAt }))
    const scores = { score0: won === '0' ? 1 : 0, score1: won === '1' ? 1 : 0 }
    step.xadd(
      key,
      '*',
      ...fieldsOf({ type: 'end', match: id, mode, player0: players[0], player1: players[1], ...scores, winner: won, reason, at: endedAt }),
    )
  }
  for (const [error] of (await step.exec()) ?? []) if (error) throw error
  return id
}
