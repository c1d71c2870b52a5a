import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { matchKey, outboxKey } from '../../server/src/keys.ts'
import type { MatchSetup, SeatState } from '../../server/src/match/match.ts'
import { recorded } from '../support/records.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { openRedis } from '../support/redis.ts'
import { TestPlayer } from '../support/player.ts'

// Views go to the connections that seats name. These tests are about names that are no longer true.

let cluster: Cluster
let redis: RedisClient
const nodeUrl = (index: number): string => cluster.info.nodes[index]?.url ?? ''

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, env: { LIMITS: 'match:find=100/100' } })
  redis = openRedis(cluster)
})
afterAll(async () => {
  await redis?.quit()
  await cluster?.close()
})

let people = 0
async function couple(
  one: number,
  two: number,
  bestOf: 1 | 3 | 5 = 5,
): Promise<{ id: string; ann: TestPlayer; bob: TestPlayer; seatOfBob: 0 | 1 }> {
  const ann = await TestPlayer.join(`fan-out-${++people}`, nodeUrl(one))
  const bob = await TestPlayer.join(`fan-out-${++people}`, nodeUrl(two))
  const { code } = await ann.request('room:create', { bestOf })
  const { id } = (await bob.request('room:join', { code })).match
  await ann.until(() => ann.current?.status === 'playing', 'the opponent')
  return { id, ann, bob, seatOfBob: await seatOf(id, bob) }
}
const setupOf = async (id: string): Promise<MatchSetup> => JSON.parse((await redis.hget(matchKey(id), 'setup')) ?? '') as MatchSetup
const seatOf = async (id: string, { player }: TestPlayer): Promise<0 | 1> => ((await setupOf(id)).seats[0]?.player.id === player.id ? 0 : 1)
const seatsOf = async (id: string): Promise<SeatState[]> =>
  (JSON.parse((await redis.hget(matchKey(id), 'state')) ?? '') as { seats: SeatState[] }).seats
/** Changes the stored match as no node would, and its token, so that no node trusts its cache. */
async function setConnection(id: string, seat: 0 | 1, connection: string): Promise<void> {
  const state = JSON.parse((await redis.hget(matchKey(id), 'state')) ?? '') as { seats: SeatState[] }
  const seats = state.seats.map((each, index) => (index === seat ? { ...each, connection } : each))
  await redis.hset(matchKey(id), { state: JSON.stringify({ ...state, seats }), token: 'changed-by-a-test' })
}
const move = (person: TestPlayer, matchId: string, round: number, hand: 'rock' | 'scissors') =>
  person.request('match:move', { matchId, round, move: hand })

test.each([
  ['a node that no longer exists', () => 'gone:aaaaaaaaaaaaaaaaaaaa'],
  ['a socket that no longer exists, of a live node', (now: string) => `${now.split(':')[0]}:aaaaaaaaaaaaaaaaaaaa`],
  ['a socket that no longer exists, of the node that commits', (_: string, ann: string) => `${ann.split(':')[0]}:aaaaaaaaaaaaaaaaaaaa`],
  ['nobody', () => ''],
])('a player whose seat names %s sees every view on any node, and match:sync repairs the seat', async (_, wrong) => {
  const { id, ann, bob, seatOfBob } = await couple(0, 1)
  const connections = (await seatsOf(id)).map(({ connection }) => connection)
  const before = connections[seatOfBob] ?? ''
  const annConn = connections[seatOfBob === 0 ? 1 : 0] ?? ''
  expect(before.split(':')[1]).toBe(bob.socket.id)
  await setConnection(id, seatOfBob, wrong(before, annConn))
  const { version } = await move(ann, id, 1, 'rock')
  await bob.until(() => bob.current?.version === version, 'the move of the opponent', 1500)
  await move(bob, id, 1, 'scissors')
  await Promise.all([ann, bob].map((person) => person.until(() => person.current?.round === 2, 'round 2', 1500)))
  expect(await bob.request('match:sync')).toMatchObject({ match: { id, round: 2 } })
  expect((await seatsOf(id))[seatOfBob]?.connection).toBe(before)
  ann.close()
  bob.close()
})

test('a node receives a round only if it is played there, and no more often with more nodes', async () => {
  const { id, ann, bob } = await couple(0, 1)
  const received = (): Promise<number[]> =>
    Promise.all(
      cluster.info.nodes.map(async ({ url }) => {
        const { body } = await http<string>(`${url}/metrics`)
        return Number(/^caiquan_messages_received_total\{[^}]*\} (\d+)$/m.exec(body)?.[1])
      }),
    )
  const before = await received()
  for (let round = 1; round <= 2; round += 1) {
    await move(ann, id, round, 'rock')
    await bob.until(() => bob.current?.seats.some(({ moved }) => moved), 'the move of the opponent')
    await move(bob, id, round, 'scissors')
    await Promise.all([ann, bob].map((person) => person.until(() => person.current?.round === round + 1, 'the next round')))
  }
  const after = await received()
  // Two rounds of two moves each; every move is published to the one other node.
  expect(after.map((count, node) => count - (before[node] ?? 0))).toEqual([2, 2, 0])
  ann.close()
  bob.close()
})

test('moves of one event-loop tick are decided one after the other: each of twenty at once counts as if it came alone', async () => {
  const couples = await Promise.all(Array.from({ length: 10 }, () => couple(2, 2, 1)))
  await Promise.all(couples.flatMap(({ id, ann, bob }) => [move(ann, id, 1, 'rock'), move(bob, id, 1, 'scissors')]))
  const outcomes = await Promise.all(couples.map(({ id, bob }) => bob.ask('match:move', { matchId: id, round: 1, move: 'rock' })))
  expect(outcomes.map((outcome) => !outcome.ok && outcome.error.code)).toEqual(couples.map(() => 'match_finished'))
  const records = await recorded(
    cluster.info.mysql.url,
    couples.map(({ id }) => id),
  )
  for (const { id, ann } of couples) {
    expect(records.rounds.get(id)).toHaveLength(1)
    expect(records.matches.get(id)).toMatchObject({ winner: await seatOf(id, ann), reason: 'score' })
  }
  for (const { ann, bob } of couples) for (const person of [ann, bob]) person.close()
})

test('an outbox that cannot be read does not delay the others', async () => {
  const badStreams = Array.from({ length: 8 }, (_, shard) => outboxKey(shard))
  const ids = await Promise.all(badStreams.map((key) => redis.xadd(key, '*', 'type', 'nonsense')))
  const couples = await Promise.all(Array.from({ length: 6 }, () => couple(0, 1, 1)))
  const clean = couples.filter(({ id }) => Number.parseInt(id, 10) >= 8)
  await Promise.all(couples.flatMap(({ id, ann, bob }) => [move(ann, id, 1, 'rock'), move(bob, id, 1, 'scissors')]))
  await recorded(
    cluster.info.mysql.url,
    clean.map(({ id }) => id),
    15_000,
  )
  // Once an operator has removed the bad entries, the entries behind them are recorded too.
  await Promise.all(badStreams.map((key, index) => redis.xdel(key, ids[index] ?? '')))
  await recorded(
    cluster.info.mysql.url,
    couples.map(({ id }) => id),
    15_000,
  )
  for (const { ann, bob } of couples) for (const person of [ann, bob]) person.close()
})

test('an acknowledgement and the view of its move are sent in one write', async () => {
  const { id, ann, bob } = await couple(0, 0)
  const pieces: string[] = []
  const { ws } = ann.socket.io.engine.transport as unknown as { ws: { _socket: Socket } }
  ws._socket.on('data', (piece: Buffer) => pieces.push(piece.toString()))
  const { version } = await move(ann, id, 1, 'rock')
  await ann.until(() => ann.current?.version === version, 'the view of their own move')
  expect(pieces.filter((piece) => piece.includes(`"version":${version}`))).toEqual([expect.stringMatching(/"match".*43\d+\[\{"ok":true/s)])
  ann.close()
  bob.close()
})

test('asking for the next match does not look up the last one if a node has seen its end', async () => {
  const { id, ann, bob } = await couple(0, 1, 1)
  await Promise.all([move(ann, id, 1, 'rock'), move(bob, id, 1, 'scissors')])
  await Promise.all([ann, bob].map((person) => person.until(() => person.current?.status === 'finished', 'the end')))
  const reads = async (): Promise<number> => {
    const texts = await Promise.all(cluster.info.nodes.map(async ({ url }) => (await http<string>(`${url}/metrics`)).body))
    return texts.reduce(
      (sum, text) => sum + Number(/^caiquan_script_seconds_count\{[^}]*script="match_read"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0),
      0,
    )
  }
  const before = await reads()
  expect(await ann.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
  expect(await bob.request('match:find', { mode: 'ranked', bestOf: 1 })).toEqual({ state: 'queued' })
  expect(await reads()).toBe(before)
  // The node remembers only the end: a match that runs is found.
  const next = await couple(0, 1, 1)
  expect(await next.ann.request('match:find', { mode: 'casual', bestOf: 1 })).toMatchObject({ state: 'matched', match: { id: next.id } })
  for (const person of [ann, bob, next.ann, next.bob]) person.close()
})

test('a player who connects again costs one read of their match', async () => {
  const { id, ann, bob } = await couple(0, 1)
  const reads = async (): Promise<number> => {
    const { body } = await http<string>(`${nodeUrl(2)}/metrics`)
    return Number(/^caiquan_script_seconds_count\{[^}]*script="match_read"[^}]*\} (\d+)$/m.exec(body)?.[1] ?? 0)
  }
  const before = await reads()
  bob.close()
  const again = TestPlayer.resume(bob, nodeUrl(2))
  await again.connected()
  await again.until(() => again.current?.id === id, 'the match')
  // A view of the change of presence may come before the read.
  await expect.poll(async () => (await reads()) - before).toBeGreaterThanOrEqual(1)
  await again.until(() => again.views.at(-1)?.seats.every(({ connected }) => connected), 'both seats connected')
  expect((await reads()) - before).toBe(1)
  ann.close()
  again.close()
})
