import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { isoWeek } from '../../server/src/recorder/week.ts'
import type { MatchRow } from '../../tools/chaos/records.ts'
import { connectTo } from './records.ts'
import { keysOf } from './redis.ts'

/** Every leaderboard in Redis: its name → the players' scores, best first. */
export type Boards = Record<string, [player: string, rating: number][]>

export const boardKeys = (redis: RedisClient): Promise<string[]> => keysOf(redis, 'cq:rank:*')

export async function readBoards(redis: RedisClient): Promise<Boards> {
  const boards: Boards = {}
  for (const key of await boardKeys(redis)) {
    const flat = await redis.zrevrange(key, 0, -1, 'WITHSCORES')
    const board: [string, number][] = []
    for (let i = 0; i + 1 < flat.length; i += 2) board.push([flat[i] ?? '', Number(flat[i + 1])])
    boards[key.slice('cq:rank:'.length)] = board
  }
  return boards
}

/** The boards that follow from MySQL, computed in the simplest way. */
export async function countBoards(url: string): Promise<Boards> {
  const connection = await connectTo(url)
  try {
    const matches: MatchRow[] = await connection.query("SELECT * FROM `Match` WHERE mode = 'ranked' AND endedAt IS NOT NULL")
    const players: { id: string; rating: number }[] = await connection.query('SELECT id, rating FROM Player')
    const ratings = new Map(players.map(({ id, rating }) => [id, rating]))
    const members = new Map<string, Set<string>>()
    for (const { player0Id, player1Id, endedAt } of matches) {
      for (const board of ['all', isoWeek(endedAt?.getTime() ?? 0)]) {
        const on = members.get(board) ?? new Set<string>()
        members.set(board, on.add(player0Id).add(player1Id))
      }
    }
    const sorted = (ids: Set<string>): [string, number][] =>
      [...ids].map((id): [string, number] => [id, ratings.get(id) ?? 0]).sort(([a, one], [b, two]) => two - one || (a < b ? 1 : -1))
    return Object.fromEntries([...members].map(([board, ids]) => [board, sorted(ids)]))
  } finally {
    await connection.end()
  }
}

export async function expectBoards(redis: RedisClient, url: string): Promise<void> {
  expect(await readBoards(redis)).toEqual(await countBoards(url))
}

/** Waits until the boards agree with MySQL: they follow a moment after it. */
export async function waitForBoards(redis: RedisClient, url: string): Promise<void> {
  await expect
    .poll(async () => ({ redis: await readBoards(redis), mysql: await countBoards(url) }), { timeout: 5000 })
    .toSatisfy(({ redis: seen, mysql }) => isDeepStrictEqual(seen, mysql))
}
