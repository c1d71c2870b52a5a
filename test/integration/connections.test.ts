import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { matchKey, playerConnectionKey, playerMatchKey, ticketsKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { testCluster } from '../support/cluster.ts'
import { openRedis } from '../support/redis.ts'
import { pair, TestPlayer } from '../support/player.ts'

// The order of one player's commands, over one connection and over several; presence.

let cluster: Cluster
let redis: RedisClient
let people = 0
const openPlayers: TestPlayer[] = []

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 3,
    env: {
      ROUND_MS: '60000',
      TICKET_TTL_MS: '6000',
      SWEEP_MS: '300',
      LIMITS: 'match:find=100/100,match:cancel=100/100,room:create=100/100,room:join=100/100',
    },
  })
  redis = openRedis(cluster)
})
afterAll(async () => {
  for (const player of openPlayers) player.close()
  await redis?.quit()
  await cluster?.close()
})

const nodeUrl = (index: number): string => cluster.nodes[index % 3]?.url ?? ''
async function person(node = people, name = `connections-${++people}`): Promise<TestPlayer> {
  const player = await TestPlayer.join(name, nodeUrl(node))
  openPlayers.push(player)
  return player
}
const tickets = async ({ player }: TestPlayer): Promise<number[]> =>
  Promise.all((['casual', 'ranked'] as const).map((mode) => redis.hexists(ticketsKey(mode), player.id)))
const connectionOf = ({ player }: TestPlayer) => redis.get(playerConnectionKey(player.id))

describe('commands of one connection take effect in the order sent', () => {
  test.each([1, 2, 3])('find and at once cancel: no player is in a queue (%i)', async (times) => {
    const player = await person()
    await Promise.all([player.request('match:find', { mode: times % 2 ? 'ranked' : 'casual', bestOf: 1 }), player.request('match:cancel')])
    expect(await tickets(player)).toEqual([0, 0])
  })

  test('cancel and at once find: one ticket', async () => {
    const player = await person()
    await player.request('match:find', { mode: 'casual', bestOf: 1 })
    await Promise.all([player.request('match:cancel'), player.request('match:find', { mode: 'casual', bestOf: 5 })])
    expect(await tickets(player)).toEqual([1, 0])
    await player.request('match:cancel')
  })

  test('two finds of different modes at once leave the ticket of the later one', async () => {
    const player = await person()
    await Promise.all([
      player.request('match:find', { mode: 'casual', bestOf: 1 }),
      player.request('match:find', { mode: 'ranked', bestOf: 1 }),
    ])
    expect(await tickets(player)).toEqual([0, 1])
    await player.request('match:cancel')
    expect(await tickets(player)).toEqual([0, 0])
  })

  test.each(['room:create', 'practice'])('find and at once %s: no ticket is left', async (second) => {
    const player = await person()
    const asked =
      second === 'practice' ? player.request('match:find', { mode: 'practice', bestOf: 1 }) : player.request('room:create', { bestOf: 1 })
    const found = player.request('match:find', { mode: 'casual', bestOf: 1 })
    await Promise.all([asked, found])
    expect(await tickets(player)).toEqual([0, 0])
    const { match } = await player.request('match:sync')
    await player.request('match:leave', { matchId: match?.id })
  })

  test('create and at once leave, join and at once leave: in the end the player is free', async () => {
    const [host, guest] = [await person(), await person()]
    const { code, match } = await host.request('room:create', { bestOf: 1 })
    const [joined] = await Promise.all([guest.request('room:join', { code }), guest.request('match:leave', { matchId: match.id })])
    expect(joined.match.status).toBe('playing')
    expect(await guest.request('match:sync')).toMatchObject({ match: null })
  })

  test('find, and the socket is closed at once: no player is in a queue', async () => {
    const player = await person()
    player.socket.emit('match:find', { mode: 'casual', bestOf: 1 }, () => undefined)
    player.close()
    await sleep(400)
    expect(await tickets(player)).toEqual([0, 0])
  })
})

describe('commands of an older connection have no effect once a newer one is accepted', () => {
  /** A node stalls while it has the older connection, and the player is back on another node. */
  async function overtaken(): Promise<{ old: TestPlayer; fresh: TestPlayer; resume(): void }> {
    const old = await person(0)
    const node = cluster.nodes[0]
    node?.pause()
    return { old, fresh: await TestPlayer.join(old.name, nodeUrl(1)), resume: () => node?.resume() }
  }

  test.each([
    ['match:find', { mode: 'ranked', bestOf: 1 }],
    ['match:cancel', undefined],
    ['room:create', { bestOf: 1 }],
  ] as const)('%s', async (event, request) => {
    const { old, fresh, resume } = await overtaken()
    openPlayers.push(fresh)
    await fresh.request('match:find', { mode: 'casual', bestOf: 5 })
    old.socket.emit(event as 'match:cancel', ...((request ? [request] : []) as []), () => undefined)
    await sleep(100)
    resume()
    await sleep(800)
    expect(await tickets(fresh)).toEqual([1, 0])
    expect(await fresh.request('match:sync')).toMatchObject({ match: null, queue: { mode: 'casual', bestOf: 5 } })
    await fresh.request('match:cancel')
  })

  test('match:leave and match:rematch', async () => {
    const { old, fresh, resume } = await overtaken()
    openPlayers.push(fresh)
    const opponent = await person(2)
    await fresh.request('match:find', { mode: 'casual', bestOf: 1 })
    await opponent.request('match:find', { mode: 'casual', bestOf: 1 })
    const { id } = await fresh.until(() => fresh.current?.status === 'playing' && fresh.current, 'the match')
    old.socket.emit('match:leave', { matchId: id }, () => undefined)
    await sleep(100)
    resume()
    await sleep(600)
    expect(await fresh.request('match:sync')).toMatchObject({ match: { id, status: 'playing' } })
    await opponent.request('match:leave', { matchId: id })
  })

  test('a join whose reservation comes after a newer connection was accepted is refused', async () => {
    const [host, guest] = [await person(0), await person(1)]
    const { code } = await host.request('room:create', { bestOf: 1 })
    // As if the newer connection had been accepted between the first check and the reservation: only the reservation notices it.
    const before = await connectionOf(guest)
    await redis.set(playerConnectionKey(guest.player.id), `elsewhere:newer#${Date.now() + 1000}`)
    expect(await guest.ask('room:join', { code })).toMatchObject({ ok: false, error: { code: 'connection_replaced' } })
    expect(await redis.get(playerMatchKey(guest.player.id))).toBeNull()
    await redis.set(playerConnectionKey(guest.player.id), before ?? '')
    await guest.request('room:join', { code })
  })
})

describe('tickets', () => {
  test('a search is shown on the connection that takes over, which may cancel it', async () => {
    const first = await person(0)
    await first.request('match:find', { mode: 'casual', bestOf: 5 })
    const second = await person(1, first.name)
    expect(await second.request('match:sync')).toMatchObject({ match: null, queue: { mode: 'casual', bestOf: 5 } })
    await second.request('match:cancel')
    expect(await tickets(second)).toEqual([0, 0])
  })

  test('a ticket is not paired from two seconds after its node died, and keeps its place for the player who comes back', async () => {
    const lost = await person(2)
    await lost.request('match:find', { mode: 'ranked', bestOf: 5 })
    const { since } = (await lost.request('match:sync')).queue ?? expect.unreachable()
    await cluster.nodes[2]?.kill()
    await sleep(2000)
    const other = await person(0)
    expect(await other.request('match:find', { mode: 'ranked', bestOf: 5 })).toEqual({ state: 'queued' })
    await sleep(700)
    expect(other.current).toBeNull()
    const back = await person(1, lost.name)
    expect(await back.request('match:sync')).toMatchObject({ queue: { mode: 'ranked', since } })
    // Both wait now, and a sweep pairs them.
    await back.until(() => back.current?.status === 'playing', 'the match')
    await back.request('match:leave', { matchId: back.current?.id })
    await cluster.nodes[2]?.start()
  })
})

describe('presence', () => {
  const seen = (player: TestPlayer, opponent: TestPlayer) =>
    player.current?.seats.find((seat) => seat.player.id === opponent.player.id)?.connected

  test('the opponent of a player whose node was killed sees the player gone within two seconds, and sees them come back', async () => {
    const [one, two] = [await person(0), await person(1)]
    await pair(one, two, 5)
    const started = performance.now()
    await cluster.nodes[1]?.kill()
    await one.until(() => seen(one, two) === false, 'that the opponent is gone', 3500)
    expect(performance.now() - started).toBeLessThan(2300)
    await cluster.nodes[1]?.start()
    const back = await person(1, two.name)
    await one.until(() => seen(one, back) === true, 'that the opponent is back', 3000)
    await one.request('match:leave', { matchId: one.current?.id })
  })

  test('a node that stalls and resumes makes no player forfeit: its players are there again', async () => {
    const [one, two] = [await person(0), await person(1)]
    const id = await pair(one, two, 5)
    cluster.nodes[1]?.pause()
    await one.until(() => seen(one, two) === false, 'that the opponent seems gone', 3500)
    cluster.nodes[1]?.resume()
    await one.until(() => seen(one, two) === true, 'that the opponent is there', 3500)
    expect(one.current).toMatchObject({ id, status: 'playing' })
    await one.request('match:leave', { matchId: id })
  })

  test('a player who was matched while they changed connections is shown as gone when the new connection closes', async () => {
    const first = await person(0)
    await first.request('match:find', { mode: 'ranked', bestOf: 3 })
    const second = await person(1, first.name)
    const opponent = await person(2)
    await opponent.request('match:find', { mode: 'ranked', bestOf: 3 })
    await second.until(() => second.current?.status === 'playing', 'the match')
    second.close()
    await opponent.until(() => seen(opponent, second) === false, 'that the opponent is gone', 3000)
    await opponent.request('match:leave', { matchId: opponent.current?.id })
  })

  test('a connection that Redis has forgotten is still given up when it closes', async () => {
    const [one, two] = [await person(0), await person(1)]
    await pair(one, two, 5)
    await redis.del(playerConnectionKey(two.player.id))
    two.close()
    await one.until(() => seen(one, two) === false, 'that the opponent is gone', 3000)
    await one.request('match:leave', { matchId: one.current?.id })
  })
})

describe('rematches', () => {
  async function finished(): Promise<{ id: string; one: TestPlayer; two: TestPlayer }> {
    const [one, two] = [await person(0), await person(1)]
    const id = await pair(one, two, 1)
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    return { id, one, two }
  }

  test('the rematch request of a player who plays elsewhere by now is withdrawn, and the opponent who waits is notified', async () => {
    const { id, one, two } = await finished()
    await two.request('match:rematch', { matchId: id })
    await two.until(() => two.current?.rematch?.includes(true), 'the rematch request')
    const third = await person(2)
    await third.request('match:find', { mode: 'casual', bestOf: 5 })
    await one.request('match:find', { mode: 'casual', bestOf: 5 })
    await one.until(() => one.current?.status === 'playing', 'another match')
    // No match comes of it, and no view shows the rematch request any more.
    await two.until(() => two.current?.id === id && !two.current.rematch, 'the end of the rematch request', 3000)
    await one.request('match:leave', { matchId: one.current?.id })
  })

  test('asking for a rematch with a player who is in another match is refused', async () => {
    const { id, one, two } = await finished()
    await one.request('match:rematch', { matchId: id })
    const { match: room } = await one.request('room:create', { bestOf: 1 })
    expect(await redis.exists(matchKey(room.id))).toBe(1)
    const reply = await two.ask('match:rematch', { matchId: id })
    if (reply.ok) await two.until(() => two.current?.id === id && !two.current.rematch, 'the end of the rematch request', 3000)
    else expect(reply.error.code).toBe('opponent_left')
    expect((await two.request('match:sync')).match?.status ?? 'none').not.toBe('playing')
    await one.request('match:leave', { matchId: room.id })
  })
})

test('a spectator who missed the end of a match gets it', async () => {
  const [one, two, watcher] = [await person(0), await person(0), await person(1)]
  const { code, match } = await one.request('room:create', { bestOf: 1 })
  await two.request('room:join', { code })
  await watcher.request('match:watch', { matchId: match.id })
  const { version } = await one.request('match:move', { matchId: match.id, round: 1, move: 'rock' })
  await watcher.until(() => watcher.current?.version === version, 'the move')
  await redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub')
  await two.request('match:move', { matchId: match.id, round: 1, move: 'paper' })
  await watcher.until(() => watcher.current?.status === 'finished', 'the end', 8000)
})
