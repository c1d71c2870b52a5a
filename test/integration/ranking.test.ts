import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { HttpErrorBody, LeaderboardReply, LoginReply, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { createPlayers } from '../../server/src/players/players.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { outboxKey, playerKey, rankKey } from '../../server/src/keys.ts'
import { createLeaderboard } from '../../server/src/recorder/leaderboard.ts'
import { rebuild } from '../../server/src/recorder/rebuild.ts'
import { isoWeek, WEEK_MS, weekStart } from '../../server/src/recorder/week.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { boardKeys, waitForBoards, countBoards, expectBoards, readBoards } from '../support/boards.ts'
import { expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { appendMatch } from '../support/events.ts'
import { http, type HttpReply } from '../support/http.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import { pick, randomOf } from '../support/random.ts'
import { recorderService } from '../support/recorder-service.ts'
import { keysOf, openRedis, redisEnv } from '../support/redis.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

const open: { cluster: Cluster; redis: RedisClient; database: Database }[] = []
afterAll(async () => {
  for (const { cluster, redis, database } of open) {
    await redis.quit()
    await database.$disconnect()
    await cluster.close()
  }
})
async function start(nodes: number, env: Record<string, string> = {}) {
  const cluster = await testCluster({ nodes, env: { BOT_MIN_MS: '10', BOT_MAX_MS: '20', BOT_AFTER_MS: '300', ...env } })
  const redis = openRedis(cluster)
  const database = createDatabase({ DATABASE_URL: cluster.info.mysql.url, DATABASE_CONNECTIONS: 4 })
  open.push({ cluster, redis, database })
  return { cluster, redis, database, sql: cluster.info.mysql.url }
}
type Running = Awaited<ReturnType<typeof start>>

type BoardReply = HttpReply<LeaderboardReply & HttpErrorBody>
const cached = async (redis: RedisClient, id: string): Promise<PublicPlayer | null> =>
  JSON.parse((await redis.get(playerKey(id))) ?? 'null') as PublicPlayer | null

describe('leaderboards', () => {
  let running: Running
  let asked = 0
  const node = (): string => running.cluster.info.nodes[asked++ % running.cluster.info.nodes.length]?.url ?? ''
  const board = (query = '', sessionId?: string): Promise<BoardReply> =>
    http(`${node()}/api/leaderboard${query}`, sessionId === undefined ? {} : { headers: { sessionid: sessionId } })
  const newPlayer = (name: string): Promise<LoginReply> => login(node(), name)
  /** Has a match recorded, and waits until the boards agree with MySQL. */
  async function play(winner: LoginReply, loser: LoginReply, endedAt = Date.now()): Promise<void> {
    const id = await appendMatch(running.redis, { players: [winner.player.id, loser.player.id], endedAt })
    await recorded(running.sql, [id])
    await boardsUpdated()
  }
  const boardsUpdated = (): Promise<void> => waitForBoards(running.redis, running.sql)

  beforeAll(async () => {
    running = await start(3)
  })

  test('are empty before a ranked match was played', async () => {
    for (const query of ['', '?period=all', '?period=week']) expect((await board(query)).body).toEqual({ entries: [] })
  })

  test('a ranked match puts both players on them, on every node, and sends them their new record', async () => {
    const [one, two] = await Promise.all(['rank-one', 'rank-two'].map((name) => TestPlayer.join(name, node())))
    if (!one || !two) throw new Error('two players are needed')
    const update = new Promise<PublicPlayer>((resolve) => two.socket.once('player', resolve))
    const id = await pair(one, two, 1, 'ranked')
    await Promise.all([one.play(id, () => 'paper'), two.play(id, () => 'rock')])
    await recorded(running.sql, [id])
    await boardsUpdated()
    const records = [
      { ...one.player, rating: 1520, wins: 1 },
      { ...two.player, rating: 1480, losses: 1 },
    ]
    expect(await update).toEqual(records[1])
    const entries = records.map((player, index) => ({ rank: index + 1, player }))
    for (const period of ['all', 'week']) {
      for (let each = 0; each < 3; each += 1) {
        expect(await board(`?period=${period}`)).toMatchObject({ status: 200, body: { entries } })
        expect((await board(`?period=${period}&limit=1`, two.sessionId)).body).toEqual({ entries: entries.slice(0, 1), me: entries[1] })
      }
    }
    one.close()
    two.close()
  })

  test('casual matches, rooms, practice and bots put no player on them, and no bot is ever on them', async () => {
    const before = await readBoards(running.redis)
    const [one, two] = await Promise.all(['rank-casual-1', 'rank-casual-2'].map((name) => TestPlayer.join(name, node())))
    if (!one || !two) throw new Error('two players are needed')
    const ids = [await pair(one, two, 1, 'casual')]
    await one.request('match:leave', { matchId: ids[0] })
    const { match, code } = await one.request('room:create', { bestOf: 1 })
    await two.request('room:join', { code })
    await one.request('match:leave', { matchId: match.id })
    const practice = await one.request('match:find', { mode: 'practice', bestOf: 1 })
    if (practice.state !== 'matched') throw new Error('practice begins at once')
    await one.request('match:leave', { matchId: practice.match.id })
    await two.request('match:find', { mode: 'casual', bestOf: 1 })
    const bots = await two.until(() => two.current?.seats.some(({ bot }) => bot) && two.current, 'a bot')
    await two.request('match:leave', { matchId: bots.id })
    ids.push(match.id, practice.match.id, bots.id)
    await recorded(running.sql, ids)
    expect(await readBoards(running.redis)).toEqual(before)
    expect((await board('', one.sessionId)).body.me).toBeUndefined()
    expect(await cached(running.redis, one.player.id)).toMatchObject({ rating: 1500, losses: 2, wins: 0 })
    one.close()
    two.close()
  })

  test('a match counts for the week in which it ended, however late it is recorded', async () => {
    const now = Date.now()
    const monday = weekStart(now)
    const [early, late, both, old] = await Promise.all(['week-early', 'week-late', 'week-both', 'week-old'].map(newPlayer))
    if (!early || !late || !both || !old) throw new Error('four players are needed')
    await play(early, both, monday - 1)
    await play(late, both, monday)
    const on = async (week: number): Promise<string[]> => ((await readBoards(running.redis))[isoWeek(week)] ?? []).map(([id]) => id)
    expect(await on(monday - 1)).toEqual(expect.arrayContaining([early.player.id, both.player.id]))
    expect(await on(monday - 1)).not.toContain(late.player.id)
    expect(await on(monday)).toEqual(expect.arrayContaining([late.player.id, both.player.id]))
    expect((await board('?period=week', early.sessionId)).body.me).toBeUndefined()
    expect((await board('?period=all', early.sessionId)).body.me?.player.id).toBe(early.player.id)
    // A result that is recorded late changes a rating on every board that the player is on, and puts them on no other.
    await play(both, old, monday - 2)
    expect((await board('?period=week', both.sessionId)).body.me?.player.rating).toBe((await cached(running.redis, both.player.id))?.rating)
    for (const week of [monday, monday - WEEK_MS]) {
      const expiry = await running.redis.pexpiretime(rankKey(isoWeek(week)))
      expect(expiry).toBe(week + 5 * WEEK_MS)
    }
    expect(await running.redis.pttl(rankKey('all'))).toBe(-1)
  })

  test('equal ratings share an order that every node returns every time, and ranks have no gap', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, (_, index) => newPlayer(`equal-${index}`)))
    for (let index = 0; index < 12; index += 2) {
      const [one, two] = [people[index], people[index + 1]]
      if (one && two)
        await recorded(running.sql, [await appendMatch(running.redis, { players: [one.player.id, two.player.id], winner: null })])
    }
    await boardsUpdated()
    const { entries } = (await board('?limit=100')).body
    expect(entries.filter(({ player }) => player.rating === 1500).length).toBeGreaterThanOrEqual(12)
    expect(entries.map(({ rank }) => rank)).toEqual(entries.map((_, index) => index + 1))
    expect(entries.map(({ player }) => player.rating)).toEqual(entries.map(({ player }) => player.rating).sort((a, b) => b - a))
    for (let each = 0; each < 6; each += 1) expect((await board('?limit=100')).body.entries).toEqual(entries)
    for (const { player, sessionId } of people) {
      const { me, entries: top } = (await board('?limit=3', sessionId)).body
      expect(me).toEqual(entries.find((entry) => entry.player.id === player.id))
      expect(top).toEqual(entries.slice(0, 3))
    }
  })

  test('twenty are shown by default', async () => {
    expect((await board('?limit=100')).body.entries.length).toBeGreaterThan(15)
    const total = (await readBoards(running.redis))['all']?.length ?? 0
    for (let index = total; index < 25; index += 2) {
      const [one, two] = await Promise.all([newPlayer(`many-${index}`), newPlayer(`many-${index}-b`)])
      await recorded(running.sql, [await appendMatch(running.redis, { players: [one.player.id, two.player.id] })])
    }
    await boardsUpdated()
    expect((await board()).body.entries).toHaveLength(20)
    expect((await board('?limit=7')).body.entries).toHaveLength(7)
  })

  test('a name that changed is shown as it is now, also when its record has left the cache', async () => {
    const { entries } = (await board('?limit=1')).body
    const [first] = entries
    if (!first) throw new Error('a player is first')
    await running.redis.del(playerKey(first.player.id))
    expect((await board('?limit=1')).body.entries).toEqual(entries)
    expect(await cached(running.redis, first.player.id)).toEqual(first.player)
  })

  test('wrong parameters are refused by name; a session id that has ended is refused, and a request without one is not', async () => {
    for (const query of [
      'period=month',
      'period=',
      'limit=0',
      'limit=101',
      'limit=-5',
      'limit=2.0',
      'limit=',
      'limit=1&limit=2',
      'period=all&period=week',
      'offset=1',
    ]) {
      expect(await board(`?${query}`), query).toMatchObject({
        status: 400,
        body: { error: { code: 'bad_request', message: expect.stringMatching(/period|limit|offset/) } },
      })
    }
    for (const dead of ['x', 'x'.repeat(43)])
      expect(await board('', dead)).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
    expect((await board('', '')).status).toBe(200)
  })

  test('a writer who comes late with an older value of MySQL notices it and corrects it', async () => {
    const { redis, database } = running
    const [one, two] = await Promise.all(['late-one', 'late-two'].map(newPlayer))
    if (!one || !two) throw new Error('two players are needed')
    await play(one, two)
    const stale = await cached(redis, one.player.id)
    await play(one, two)
    if (!stale) throw new Error('their record is cached')
    // As a recorder does that was stopped between its commit and its writes.
    const players = createPlayers(redis, database)
    const event = {
      type: 'end',
      match: '',
      mode: 'ranked',
      players: [one.player.id, two.player.id],
      scores: [1, 0],
      result: { winner: 0, reason: 'score' },
      at: Date.now(),
    } as const
    const updated = await createLeaderboard(redis, players).update(
      [{ ...event, players: [...event.players], scores: [...event.scores] }],
      [stale],
    )
    expect(updated).toMatchObject([{ id: one.player.id, wins: 2 }])
    expect(await cached(redis, one.player.id)).toMatchObject({ wins: 2 })
    await expectBoards(redis, running.sql)
  })

  test('a reader who missed the cache does not put an old record over a newer one', async () => {
    const { redis, database } = running
    const [one, two] = await Promise.all(['reader-one', 'reader-two'].map(newPlayer))
    if (!one || !two) throw new Error('two players are needed')
    await redis.del(playerKey(one.player.id))
    // A match is recorded between this reader's read of MySQL and its write.
    const slow = {
      player: {
        findMany: async () => {
          await play(one, two)
          return [one.player]
        },
      },
    } as unknown as Database
    expect(await createPlayers(redis, slow).get(one.player.id)).toMatchObject({ wins: 0 })
    expect(await createPlayers(redis, database).get(one.player.id)).toMatchObject({ wins: 1 })
  })

  describe('rebuilt from MySQL', () => {
    async function command(...args: string[]): Promise<{ code: number | null; output: string }> {
      const { cluster, sql } = running
      const child = spawn('npm', ['run', '--silent', 'leaderboard:rebuild', ...args], {
        cwd: root,
        env: { ...process.env, ...redisEnv(cluster.info.redis.url), DATABASE_URL: sql },
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
      const [code] = (await once(child, 'close')) as [number | null]
      return { code, output }
    }

    test('one command restores the same boards after a loss of Redis', async () => {
      const { redis, sql } = running
      const before = await readBoards(redis)
      const week = rankKey(isoWeek(Date.now()))
      const expiry = await redis.pexpiretime(week)
      expect(Object.keys(before)).toHaveLength(3)
      for (const key of await boardKeys(redis)) await redis.del(key)
      expect((await board()).body).toEqual({ entries: [] })
      const { code, output } = await command()
      expect(output).toMatch(/all: \d+ players/)
      expect(code).toBe(0)
      expect(await readBoards(redis)).toEqual(before)
      await expectBoards(redis, sql)
      expect(await redis.pexpiretime(week)).toBe(expiry)
      expect(await redis.pttl(rankKey('all'))).toBe(-1)
      expect(await keysOf(redis, '*draft*')).toEqual([])
    })

    test('a player who does not belong on a board is removed, and cached records are those of MySQL', async () => {
      const { redis, database, sql } = running
      const [, second] = (await board('?limit=2')).body.entries
      if (!second) throw new Error('two are on the board')
      await redis.zadd(rankKey('all'), 9999, 'nobody')
      await redis.zadd(rankKey('all'), 1, second.player.id)
      await redis.set(playerKey(second.player.id), JSON.stringify({ ...second.player, rating: 1, wins: 77 }))
      await rebuild({ redis, database, pageSize: 3 })
      await expectBoards(redis, sql)
      expect(await cached(redis, second.player.id)).toEqual(second.player)
    })

    test('while matches are played, no board is ever empty and none misses a result', async () => {
      const { redis, database, sql } = running
      const people = await Promise.all(Array.from({ length: 8 }, (_, index) => newPlayer(`busy-${index}`)))
      const random = randomOf(7)
      const randomPlayer = (): string => pick(random, people as [LoginReply, ...LoginReply[]]).player.id
      const played: string[] = []
      let [smallest, done] = [Infinity, false]
      const size = await redis.zcard(rankKey('all'))
      const watching = (async () => {
        for (; !done; await sleep(1)) smallest = Math.min(smallest, await redis.zcard(rankKey('all')))
      })()
      const playing = (async () => {
        for (; !done; await sleep(10)) {
          const [one, two] = [randomPlayer(), randomPlayer()]
          if (one !== two) played.push(await appendMatch(redis, { players: [one, two], winner: pick(random, [0, 1, null]) }))
        }
      })()
      const own = openRedis(running.cluster)
      for (let round = 0; round < 8; round += 1) await rebuild({ redis: own, database, pageSize: 5 })
      done = true
      await Promise.all([watching, playing])
      await own.quit()
      expect(played.length).toBeGreaterThan(20)
      await recorded(sql, played, 30_000)
      await boardsUpdated()
      expect(smallest).toBeGreaterThanOrEqual(size)
    })

    test('a result that is recorded after its player was read and before the boards are replaced is not lost', async () => {
      const { cluster, database, sql } = running
      const [known, fresh] = await Promise.all(['between-known', 'between-fresh'].map(newPlayer))
      if (!known || !fresh) throw new Error('two players are needed')
      await play(known, fresh)
      const own = openRedis(cluster)
      const exists = own.exists.bind(own)
      let between = 0
      // The first command after all pages: the old board is still in use here, and writes to it will be lost.
      Object.assign(own, {
        exists: async (key: string) => {
          const late = await newPlayer(`between-${(between += 1)}`)
          await play(late, known)
          return exists(key)
        },
      })
      const lines: string[] = []
      await rebuild({ redis: own, database, pageSize: 5, log: (line) => lines.push(line) })
      await own.quit()
      expect(between).toBe(3)
      expect(lines.join('\n')).toMatch(/all: \d+ players, [1-9]\d* corrected/)
      await expectBoards(running.redis, sql)
    })

    test('the command names its missing settings', async () => {
      expect(await command('--', '--help')).toMatchObject({ code: 0, output: expect.stringContaining('REDIS_URL') })
      const { cluster } = running
      const child = spawn(process.execPath, ['server/src/recorder/rebuild.ts'], {
        cwd: root,
        env: { ...process.env, DATABASE_URL: '', ...redisEnv(cluster.info.redis.url) },
      })
      let output = ''
      child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
      expect(await once(child, 'close')).toEqual([1, null])
      expect(output).toContain('DATABASE_URL is not set')
    })
  })

  test('after all this every rating equals a replay of the results in recorded order', async () => {
    await expectTallies(running.sql)
  })
})

describe('a recorder that died after its commit', () => {
  const SHARDS = 2
  let running: Running
  beforeAll(async () => {
    // The nodes record nothing: the tests start and kill recorders.
    running = await start(2, { RECORDER: 'off', SHARDS: String(SHARDS) })
  })
  const backlog = async (): Promise<number> =>
    (await Promise.all([0, 1].map((shard) => running.redis.xlen(outboxKey(shard))))).reduce((sum, each) => sum + each, 0)
  const recorder = (env: Record<string, string>) => recorderService(running.cluster, { SHARDS: String(SHARDS), ...env })

  test('leaves neither caches nor leaderboards stale: the recorder that takes its shard over updates them', async () => {
    const { cluster, redis, sql } = running
    const people = await Promise.all(
      Array.from({ length: 6 }, (_, index) => login(cluster.info.nodes[index % 2]?.url ?? '', `crash-${index}`)),
    )
    const ids: string[] = []
    for (let index = 0; index < 30; index += 1) {
      const players = [people[index % 6]?.player.id ?? '', people[(index + 1 + (index % 4)) % 6]?.player.id ?? ''] as [string, string]
      // All events are in one shard, so that one batch holds everything: no later batch updates the same players.
      ids.push(
        await appendMatch(redis, {
          players,
          shards: 1,
          mode: index % 5 ? 'ranked' : 'casual',
          endedAt: Date.now() - (index % 2) * WEEK_MS,
        }),
      )
    }
    const target = recorder({ CRASH_AT: 'committed' })
    await target.start()
    expect(await target.exited).toEqual({ code: null, signal: 'SIGKILL' })

    // The batch is committed, and neither caches nor players were updated.
    await recorded(sql, ids)
    expect((await countBoards(sql))['all']).toHaveLength(6)
    expect(await readBoards(redis)).toEqual({})
    for (const { player } of people) expect(await cached(redis, player.id)).toEqual(player)
    expect(await backlog()).toBe(30 * 3)

    // The batches are smaller than those of the dead recorder: its remaining entries have to be processed in pieces.
    const successor = recorder({ RECORDER_BATCH: '7' })
    await successor.start()
    await recorded(sql, ids)
    await expect.poll(backlog, { timeout: 5000 }).toBe(0)
    await successor.kill()
    await expectBoards(redis, sql)
    await expectTallies(sql)
    const expected = await createPlayers(redis, running.database).read(people.map(({ player }) => player.id))
    expect(expected.some(({ wins }) => wins > 0)).toBe(true)
    for (const player of expected) expect(await cached(redis, player.id)).toEqual(player)
  })

  test('repeatedly, while more is played, leaves them right in the end', async () => {
    const { cluster, redis, sql, database } = running
    const people = await Promise.all(
      Array.from({ length: 5 }, (_, index) => login(cluster.info.nodes[index % 2]?.url ?? '', `crash-again-${index}`)),
    )
    const random = randomOf(11)
    const ids: string[] = []
    for (let death = 0; death < 6; death += 1) {
      for (let index = 0; index < 10; index += 1) {
        const [one, two] = [people[Math.floor(random() * 5)], people[Math.floor(random() * 5)]]
        if (one && two && one !== two)
          ids.push(
            await appendMatch(redis, { players: [one.player.id, two.player.id], shards: SHARDS, winner: pick(random, [0, 1, null]) }),
          )
      }
      const target = recorder({ CRASH_AT: death % 2 ? 'written' : 'committed', RECORDER_BATCH: '11' })
      await target.start()
      expect(await target.exited).toEqual({ code: null, signal: 'SIGKILL' })
    }
    const successor = recorder({})
    await successor.start()
    await recorded(sql, ids)
    await expect.poll(backlog, { timeout: 5000 }).toBe(0)
    await successor.kill()
    await expectBoards(redis, sql)
    await expectTallies(sql)
    for (const player of await createPlayers(redis, database).read(people.map(({ player }) => player.id)))
      expect(await cached(redis, player.id)).toEqual(player)
  })
})
