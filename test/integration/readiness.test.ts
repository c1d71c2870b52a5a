import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { WatchersEvent } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { roomKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectRecorded, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { pair, TestPlayer, type AnyMatchView } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

const ROUND_MS = 2000
const REVEAL_MS = 900
const READY_MS = 1500
/** The remaining time of a room code, ms. */
const CODE_MS = 60_000
let cluster: Cluster
let redis: RedisClient
let people = 0
const openPlayers: TestPlayer[] = []

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 3,
    env: { ROUND_MS: String(ROUND_MS), REVEAL_MS: String(REVEAL_MS), READY_MS: String(READY_MS), SWEEP_MS: '200' },
  })
  redis = openRedis(cluster)
})
afterAll(async () => {
  for (const player of openPlayers) player.close()
  await redis?.quit()
  await cluster?.close()
})

async function person(node: number, options: Parameters<typeof TestPlayer.join>[2] = {}): Promise<TestPlayer> {
  const player = await TestPlayer.join(`ready-${++people}`, cluster.info.nodes[node]?.url ?? '', options)
  openPlayers.push(player)
  return player
}

const playing = (player: TestPlayer): Promise<AnyMatchView> =>
  player.until(() => player.current?.status === 'playing' && player.current, 'a match that runs')
/** Opens a room, and returns its code. */
const open = async (host: TestPlayer): Promise<string> => (await host.request('room:create', { bestOf: 1 })).code

describe('round 1 of a room opens when both players are there', () => {
  test('the guest of a host in the background waits without a deadline, and the host who comes back loses nothing', async () => {
    const [host, guest, third] = [await person(0), await person(1), await person(2)]
    const code = await open(host)
    await host.request('player:foreground', { foreground: false })
    const { match } = await guest.request('room:join', { code })
    expect(match).toMatchObject({
      status: 'waiting',
      round: 0,
      deadlineAt: null,
      ready: [false, true],
      seats: [{ connected: true }, { connected: true }],
    })
    await host.until(() => host.current?.seats.length === 2, 'the guest')
    expect(await third.ask('room:join', { code })).toMatchObject({ ok: false, error: { code: 'room_full' } })
    expect(await guest.ask('match:move', { matchId: match.id, round: 1, move: 'rock' })).toMatchObject({
      ok: false,
      error: { code: 'match_not_playing' },
    })
    await sleep(READY_MS / 2)
    expect(host.current).toMatchObject({ status: 'waiting', ready: [false, true] })
    await host.request('player:foreground', { foreground: true })
    const begun = await playing(guest)
    expect(begun).not.toHaveProperty('ready')
    expect(begun.round).toBe(1)
    expect((begun.deadlineAt ?? 0) - begun.serverTime).toBeGreaterThan(ROUND_MS * 0.8)
    await Promise.all([host.play(match.id, () => 'paper'), guest.play(match.id, () => 'rock')])
    expectRecorded(await recorded(cluster.info.mysql.url, [match.id]), match.id, [host, guest])
  })

  test('the same holds for a host without a connection, who comes back on another node, first in the background', async () => {
    const [host, guest] = [await person(0), await person(1)]
    const code = await open(host)
    host.socket.disconnect()
    await expect.poll(async () => (await guest.ask('match:watch', { code })).ok && guest.current?.seats[0]?.connected).toBe(false)
    await guest.request('room:join', { code })
    expect(guest.current).toMatchObject({ status: 'waiting', ready: [false, true] })
    const back = TestPlayer.resume(host, cluster.info.nodes[2]?.url ?? '', { auth: { sessionId: host.sessionId, background: true } })
    openPlayers.push(back)
    await back.connected()
    await guest.until(() => guest.current?.seats[0]?.connected, 'the host')
    expect(guest.current).toMatchObject({ status: 'waiting', ready: [false, true] })
    await back.request('player:foreground', { foreground: true })
    await Promise.all([playing(guest), playing(back)])
  })

  test('the same holds for a host who opened the room and a guest who joined it from the background', async () => {
    const [host, guest] = [await person(0), await person(1)]
    await host.request('player:foreground', { foreground: false })
    await guest.request('player:foreground', { foreground: false })
    await guest.request('room:join', { code: await open(host) })
    expect(guest.current).toMatchObject({ status: 'waiting', ready: [false, false] })
    await host.request('player:foreground', { foreground: true })
    await guest.until(() => guest.current?.ready?.[0], 'the host')
    expect(guest.current).toMatchObject({ status: 'waiting', ready: [true, false] })
    await guest.request('player:foreground', { foreground: true })
    await playing(host)
  })

  test('a host who is there, and whose client never says so, begins at once: nothing changes for plain clients', async () => {
    const [host, guest] = [await person(0), await person(1)]
    const { match } = await guest.request('room:join', { code: await open(host) })
    expect(match).toMatchObject({ status: 'playing', round: 1 })
  })

  test('after READY_MS the room closes without a result, and MySQL gets no event', async () => {
    const [host, guest] = [await person(0), await person(1)]
    const code = await open(host)
    await host.request('player:foreground', { foreground: false })
    const at = performance.now()
    await guest.request('room:join', { code })
    await guest.until(() => guest.current?.status === 'finished', 'the end of the room', READY_MS * 4)
    expect(performance.now() - at).toBeGreaterThan(READY_MS - 50)
    expect(guest.current).toMatchObject({ result: null, round: 0 })
    expect(await guest.ask('match:rematch', { matchId: guest.current?.id })).toMatchObject({ ok: false, error: { code: 'room_closed' } })
    // Both players are free.
    await host.request('player:foreground', { foreground: true })
    await pair(host, guest)
  })

  test('a guest who leaves before it begins gives the seat back', async () => {
    const [host, guest, other] = [await person(0), await person(1), await person(2)]
    const code = await open(host)
    await redis.pexpire(roomKey(code), CODE_MS)
    await host.request('player:foreground', { foreground: false })
    await guest.request('room:join', { code })
    await guest.request('match:leave', { matchId: guest.current?.id })
    await other.request('room:join', { code })
    // The code lives as long as the room, which waits again.
    expect(await redis.pttl(roomKey(code))).toBeGreaterThan(CODE_MS)
    expect(other.current).toMatchObject({
      status: 'waiting',
      ready: [false, true],
      seats: [{ player: { id: host.player.id } }, { player: { id: other.player.id } }],
    })
    await host.request('player:foreground', { foreground: true })
    await playing(other)
    await pair(guest, await person(0))
  })

  test('an older connection does not speak for the seat', async () => {
    const [host, guest] = [await person(0), await person(1)]
    const code = await open(host)
    const newer = TestPlayer.resume(host, cluster.info.nodes[1]?.url ?? '')
    openPlayers.push(newer)
    await newer.connected()
    await host.until(() => host.replaced, 'the end of the older connection')
    await guest.request('room:join', { code })
    expect(guest.current).toMatchObject({ status: 'playing', round: 1 })
  })

  test.each([undefined, null, {}, { foreground: 1 }, { foreground: true, more: 1 }, []])('refuses %j', async (payload) => {
    const player = openPlayers[0] ?? (await person(0))
    expect(await player.raw('player:foreground', payload)).toMatchObject({ ok: false, error: { code: 'bad_request' } })
  })
})

test('a decided round is shown for REVEAL_MS; the next deadline counts from there, and an earlier move is accepted', async () => {
  const [one, two] = [await person(0), await person(1)]
  const id = await pair(one, two, 3)
  expect(one.current).not.toHaveProperty('opensAt')
  await one.move(await playing(one), 'rock')
  await two.move(await playing(two), 'paper')
  const view = await one.until(() => one.current?.round === 2 && one.current, 'round 2')
  expect((view.opensAt ?? 0) - view.serverTime).toBeGreaterThan(REVEAL_MS - 100)
  expect(view.deadlineAt).toBe((view.opensAt ?? 0) + ROUND_MS)
  // Before the round opens.
  await Promise.all([one.move(view, 'rock'), two.move(view, 'paper')])
  await two.until(() => two.current?.id === id && two.current.status === 'finished', 'the end')
  expect(two.current).toMatchObject({ result: { reason: 'score' }, seats: [{}, {}] })
  expect(two.current).not.toHaveProperty('opensAt')
})

test('players and spectators get the number of spectators, once per second at most, and the match does not store it', async () => {
  const [one, two] = [await person(0), await person(1)]
  const id = await pair(one, two, 3)
  const counts = new Map<TestPlayer, { at: number; count: number }[]>()
  const hear = (player: TestPlayer): void => {
    counts.set(player, [])
    player.socket.on('watchers', ({ matchId, count }: WatchersEvent) => {
      if (matchId === id) counts.get(player)?.push({ at: performance.now(), count })
    })
  }
  const latest = (player: TestPlayer): number | undefined => counts.get(player)?.at(-1)?.count
  hear(one)
  hear(two)
  const spectators = await Promise.all([0, 1, 2, 2].map((node) => person(node)))
  const { version } = (await one.request('match:sync')).match ?? { version: 0 }
  for (const spectator of spectators) {
    hear(spectator)
    await spectator.request('match:watch', { matchId: id })
    await sleep(120)
  }
  await expect.poll(() => [one, two, ...spectators].map(latest), { timeout: 5000 }).toEqual([4, 4, 4, 4, 4, 4])
  spectators[2]?.close()
  spectators[0]?.close()
  await expect.poll(() => [latest(one), latest(two)], { timeout: 5000 }).toEqual([2, 2])
  for (const updates of counts.values())
    updates.forEach(({ at }, index) => expect(at - (updates[index - 1]?.at ?? -Infinity)).toBeGreaterThan(850))
  expect(one.views.filter((view) => view.id === id && view.round === 1 && view.version > version)).toEqual([])
  await one.request('match:leave', { matchId: id })
})
