import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Connection } from 'mariadb'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import type { MatchReply } from '../../client-sdk/src/protocol.ts'
import { archive, ArchiveError } from '../../prisma/archive.ts'
import { openConnection } from '../../prisma/connection.ts'
import { migrate } from '../../prisma/migrate.ts'
import { readPartitions, takeOut } from '../../prisma/partitions.ts'
import { expectTallies, readRecords, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { testDatabase, type TestDatabase } from '../support/database.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'

const DAY_MS = 86_400_000
/** A Thursday like day 0, so that weeks begin on it. */
const TODAY = 20_615
const NOW = TODAY * DAY_MS + 1000

let database: TestDatabase
let connection: Connection
let dir: string

beforeEach(async () => {
  database = await testDatabase()
  await migrate(database.url)
  connection = await openConnection(database.url)
  dir = mkdtempSync(join(inject('testDir'), 'archive-'))
})
afterEach(async () => {
  await connection.end()
  await database.drop()
  rmSync(dir, { recursive: true, force: true })
})

const idOf = (daysAgo: number, n: number): string =>
  `${n % 16}-${(NOW - daysAgo * DAY_MS).toString(36).padStart(9, '0')}${String(n).padStart(12, '0')}`

/** As recorders do: rows that exist already stay as they are. */
async function record(daysAgo: number, matches: number, rounds = 3): Promise<void> {
  for (let n = 0; n < matches; n += 1) {
    for (let round = 1; round <= rounds; round += 1) {
      await connection.query('INSERT IGNORE INTO Round (matchId, round, moves, winner, reason, resolvedAt) VALUES (?, ?, ?, 0, ?, ?)', [
        idOf(daysAgo, n),
        round,
        '["rock","scissors"]',
        'moves',
        new Date(NOW - daysAgo * DAY_MS),
      ])
    }
  }
}
const stored = async (): Promise<number> => Number((await connection.query<{ n: bigint }[]>('SELECT COUNT(*) AS n FROM Round'))[0]?.n)
const lines = (): { matchId: string; round: number; moves: unknown }[] =>
  readdirSync(dir).flatMap((file) =>
    gunzipSync(readFileSync(join(dir, file)))
      .toString()
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { matchId: string; round: number; moves: unknown }),
  )
const run = (keepDays = 90, now = NOW): ReturnType<typeof archive> => archive(database.url, { dir, keepDays, now })

test('old weeks are in files and no longer in MySQL; younger weeks are only in MySQL', async () => {
  await record(120, 2)
  await record(100, 4)
  await record(80, 5)
  await record(0, 6)
  expect(await run()).toMatchObject([{ rounds: 6 }, { rounds: 12 }])
  expect(await stored()).toBe(33)
  expect(lines()).toHaveLength(18)
  expect(lines()[0]).toMatchObject({ matchId: expect.any(String), round: 1, winner: 0, reason: 'moves', resolvedAt: expect.any(String) })
  const weeks = (await readPartitions(connection)) ?? []
  expect(weeks[0]?.to).toBeGreaterThan(TODAY - 90)
  expect(weeks.at(-1)?.to, 'partitions exist ahead of time').toBeGreaterThan(TODAY + 50)
  expect(await run(), 'there is nothing left to do').toEqual([])
  // A month later, another week is due.
  expect(await run(90, NOW + 30 * DAY_MS)).toMatchObject([{ rounds: 15 }])
  expect(await stored()).toBe(18)
})

test('a round is one row in any partition, also when it is recorded twice', async () => {
  await record(100, 2)
  await record(0, 2)
  await run(110)
  await record(100, 2)
  await record(0, 2)
  expect(await stored()).toBe(12)
})

test('the next run completes a run that was interrupted', async () => {
  await record(100, 4)
  await record(0, 1)
  await run(110)
  const week = (await readPartitions(connection))?.find(({ from, to }) => from <= TODAY - 100 && TODAY - 100 < to)
  await takeOut(connection, week ?? expect.unreachable())
  expect(await stored()).toBe(3)
  expect(await run()).toMatchObject([{ rounds: 12 }])
  expect(lines()).toHaveLength(12)
  expect(await connection.query("SHOW TABLES LIKE 'RoundTaken%'")).toEqual([])
})

test('rounds stay in MySQL until their file is written, and the next run completes the unfinished work', async () => {
  await record(100, 4)
  const date = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
  const from = Math.floor((TODAY - 100) / 7) * 7
  const inTheWay = join(dir, `rounds-${date(from)}-${date(from + 6)}.jsonl.gz.part`)
  mkdirSync(inTheWay)
  await expect(run()).rejects.toThrow('EISDIR')
  expect((await connection.query<{ n: bigint }[]>(`SELECT COUNT(*) AS n FROM RoundTaken_${from}`))[0]?.n).toBe(12n)
  rmSync(inTheWay, { recursive: true })
  expect(await run()).toMatchObject([{ rounds: 12 }])
  expect(lines()).toHaveLength(12)
})

test('a run that was interrupted after it had written the file leaves no second file', async () => {
  await record(100, 4)
  await run()
  // The same rows, exported again from the table as it was before it was removed.
  await record(100, 4)
  const [week] = (await readPartitions(connection)) ?? []
  await takeOut(connection, week ?? expect.unreachable())
  const from = Math.floor((TODAY - 100) / 7) * 7
  await connection.query(`RENAME TABLE RoundTaken_${week?.from} TO RoundTaken_${from}`)
  expect(await run()).toEqual([])
  expect(lines()).toHaveLength(12)
  expect(await connection.query("SHOW TABLES LIKE 'RoundTaken%'")).toEqual([])
})

test('one run at a time: a second run does nothing', async () => {
  await record(100, 1)
  await connection.query("SELECT GET_LOCK(CONCAT('caiquan-archive:', LEFT(DATABASE(), 40)), 0)")
  expect(await run()).toEqual([])
  expect(await stored()).toBe(3)
})

test('rounds that come after their week was archived are archived by the next run, in a file of their own', async () => {
  await record(100, 2)
  await record(0, 1)
  await run()
  await record(101, 1)
  expect(await stored()).toBe(6)
  await run(90, NOW + 7 * DAY_MS)
  await run(90, NOW + 100 * DAY_MS)
  expect(new Set(lines().map(({ matchId, round }) => `${matchId} ${round}`)).size).toBe(6 + 3 + 3)
  expect(lines()).toHaveLength(12)
})

test('a week that is too young is refused', async () => {
  await expect(run(13)).rejects.toThrow(ArchiveError)
})

test('during play no round is lost or duplicated, ratings and tallies stay, and history says which rounds are archived', async () => {
  const cluster = await testCluster({ nodes: 2, env: { LIMITS: 'match:find=1000/1000' } })
  try {
    const [node] = cluster.nodes
    const { url } = node ?? expect.unreachable()
    const [one, two] = await Promise.all([TestPlayer.join('archive-one', url), TestPlayer.join('archive-two', url)])
    const matches: string[] = []
    const files: number[] = []
    let archiving = true
    const play = async (): Promise<void> => {
      while (archiving) {
        const id = await pair(one, two, 1)
        await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
        matches.push(id)
      }
    }
    const playing = play().finally(() => (archiving = false))
    // Each run is a week later than the one before, so today's rounds are old and are archived while other rounds of today arrive.
    let at = Date.now() + 21 * DAY_MS
    const nextWeek = (): number => (at += 7 * DAY_MS)
    const mysql = cluster.info.mysql.url
    try {
      while (archiving && files.length < 4)
        files.push(...(await archive(mysql, { dir, keepDays: 14, now: nextWeek() })).map(({ rounds }) => rounds))
    } finally {
      archiving = false
      await playing
    }
    const archivedId = matches[0] ?? expect.unreachable()
    const records = await recorded(mysql, matches)
    await archive(mysql, { dir, keepDays: 14, now: nextWeek() })
    const kept = await readRecords(mysql)
    expect(kept.rounds.size).toBe(0)
    const all = lines().map(({ matchId, round }) => `${matchId} ${round}`)
    expect(new Set(all).size, 'no round is stored twice').toBe(all.length)
    expect(all.filter((each) => matches.some((id) => each.startsWith(id))).length).toBe(matches.length)
    expect(matches.every((id) => records.matches.has(id))).toBe(true)
    await expectTallies(mysql)
    const reply = await http<MatchReply>(`${url}/api/matches/${archivedId}`, { headers: { sessionid: one.sessionId } })
    expect(reply).toMatchObject({
      status: 200,
      body: { match: { id: archivedId, result: { reason: 'score' } }, rounds: [], archived: true },
    })
    for (const player of [one, two]) player.close()
  } finally {
    await cluster.close()
  }
})
