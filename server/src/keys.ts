/** Every Redis key of the project. A tag in braces keeps the keys of one script in one hash slot. */
import { createHash } from 'node:crypto'
import type { QueueMode } from '../../client-sdk/src/protocol.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

export const matchKey = (id: string): string => `${matchPrefix(shardOf(id))}${id}`
export const matchPrefix = (shard: number): string => `cq:{${shard}}:match:`
export const dueKey = (shard: number): string => `cq:{${shard}}:due`
export const outboxKey = (shard: number): string => `cq:{${shard}}:outbox`
/** The channel on which a node receives changes of the matches of one shard. The scripts build the same name. */
export const nodeChannel = (shard: number, node: string): string => `cq:{${shard}}:node:${node}`
/** Node → number of its connections that watch a match. */
export const watchersKey = (id: string): string => `cq:{${shardOf(id)}}:watchers:${id}`
/** Exists for a second after the number of spectators of a match was published. */
export const watchersPublishedKey = (id: string): string => `${watchersKey(id)}:published`
/** When a shard was last swept, Redis time, ms. */
export const shardClockKey = (shard: number): string => `cq:{${shard}}:clock`
export const leaseKey = (shard: number): string => `cq:{${shard}}:lease`

export const ticketsKey = (mode: QueueMode): string => `cq:{queue:${mode}}:tickets`
export const heartbeatsKey = (mode: QueueMode): string => `cq:{queue:${mode}}:heartbeats`
export const waitingKey = (mode: QueueMode): string => `cq:{queue:${mode}}:waiting`
/** The prefix of a queue's keys; the terms on which players wait follow. */
export const ratingsPrefix = (mode: QueueMode): string => `cq:{queue:${mode}}:ratings:`
export const pairsKey = (mode: QueueMode): string => `cq:{queue:${mode}}:pairs`
export const pairedKey = (mode: QueueMode): string => `cq:{queue:${mode}}:paired`
export const sweepLockKey = (mode: QueueMode): string => `cq:{queue:${mode}}:sweep`

/** WeChat's access token, sealed, shared by all nodes. */
export const wechatTokenKey = 'cq:wechat:token'
/** Exists while one node asks WeChat for a new token. */
export const wechatTokenLockKey = 'cq:wechat:token:lock'
/** Exists for as long as WeChat would ignore another forced refresh. */
export const wechatTokenForcedKey = 'cq:wechat:token:forced'
/** WeChat's result for a picture that arrived before the check was noted. */
export const earlyAnswerKey = (trace: string): string => `cq:wechat:answer:${trace}`
/** The nickname and picture that WeChat has not accepted yet, which only their player sees. */
export const playerReviewKey = (id: string): string => `cq:player:${id}:review`

/** The key of the openid with which a player logged in last. */
export const playerOpenidKey = (id: string): string => `cq:player:${id}:openid`
/** The player of an openid, under its hash: the openid itself is not stored in Redis. */
export const openidKey = (openid: string): string => `cq:openid:${sha256(openid)}`

/** Exists while a player has agreed to a message that has not been sent yet. */
export const playerConsentKey = (id: string): string => `cq:player:${id}:consent`

/** The game that this Redis holds matches of. */
export const gameKey = 'cq:game'
export const nodesKey = 'cq:{nodes}:live'
/** The instances of nginx that are shutting down and whose sockets are to move. */
export const leavingNginxKey = 'cq:{nodes}:leaving-nginx'
/** Where nodes of release 0.1 report that they are alive. */
export const onlineHeartbeatsKey = 'cq:{online}:heartbeats'

export const playerKey = (id: string): string => `cq:player:${id}`
export const playerMatchKey = (id: string): string => `cq:player:${id}:match`
export const playerQueueKey = (id: string): string => `cq:player:${id}:queue`
export const playerForfeitsKey = (id: string): string => `cq:player:${id}:forfeits`
/** In the same hash slot as the player's reservation, so that one script can read both. */
export const playerConnectionKey = (id: string): string => `cq:{${playerMatchKey(id)}}:connection`
/** Leaderboards: `all` and one for each ISO week. */
export const rankKey = (board: string): string => `cq:rank:${board}`
/** Where a leaderboard is rebuilt: in the slot of the one that it will replace. */
export const rankDraftKey = (board: string, draft: string): string => `cq:{${rankKey(board)}}:draft:${draft}`

export const roomKey = (code: string): string => `cq:room:${code}`
export const sessionKey = (sessionId: string): string => `cq:session:${sha256(sessionId)}`

/** A match id starts with its shard: `<shard>-<the rest>`. */
export function shardOf(matchId: string): number {
  return Number.parseInt(matchId, 10)
}
