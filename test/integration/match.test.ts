import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MatchView } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { ticketsKey } from '../../server/src/keys.ts'
import { expectRecorded, expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

let cluster: Cluster
let url: string
const nodeUrl = (index: number): string => cluster.info.nodes[index]?.url ?? ''

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, nginx: true, env: { ROUND_MS: '4000' } })
  url = cluster.info.url
})
afterAll(() => cluster?.close())

/** How many sockets each node has. */
async function connections(): Promise<number[]> {
  return Promise.all(
    cluster.info.nodes.map(async ({ url: node }) => {
      const { body } = await http<string>(`${node}/metrics`)
      return Number(/^caiquan_connections\{[^}]*\} (\d+)$/m.exec(body)?.[1])
    }),
  )
}

/** No view shows a move before both have moved: the only moves in it are those of the round before. */
function expectNoHiddenMove(views: MatchView<unknown>[]): void {
  for (const view of views) {
    expect(JSON.stringify({ ...view, lastRound: null })).not.toMatch(/rock|paper|scissors/)
    if (view.lastRound && view.status === 'playing') expect(view.lastRound.round).toBe(view.round - 1)
  }
}

const distinct = (views: MatchView<unknown>[]): Map<number, MatchView<unknown>> => new Map(views.map((view) => [view.version, view]))

test('two players on different nodes, through nginx over TLS, play best of three, and MySQL holds exactly that', async () => {
  // New connections go to the node with the fewest connections.
  const one = await TestPlayer.join('match-one', url)
  const two = await TestPlayer.join('match-two', url)
  expect((await connections()).filter((count) => count > 0)).toHaveLength(2)
  const id = await pair(one, two, 3, 'ranked')
  const script = { one: ['rock', 'rock', 'paper'], two: ['rock', 'scissors', 'rock'] } as const
  const [end, alsoEnd] = await Promise.all([
    one.play(id, ({ round }) => script.one[round - 1] ?? null),
    two.play(id, ({ round }) => script.two[round - 1] ?? null),
  ])
  expect(end).toMatchObject({ status: 'finished', round: 3, deadlineAt: null })
  const winner = end.seats.findIndex(({ player }) => player.id === one.player.id)
  expect(end.result).toEqual({ winner, reason: 'score' })
  expect({ ...end, serverTime: 0 }).toEqual({ ...alsoEnd, serverTime: 0 })

  const [seenByOne, seenByTwo] = [distinct(one.views), distinct(two.views)]
  for (const [version, view] of seenByOne) {
    const other = seenByTwo.get(version)
    if (other) expect({ ...other, serverTime: 0 }).toEqual({ ...view, serverTime: 0 })
  }
  expect([...seenByOne.keys()].filter((version) => seenByTwo.has(version)).length).toBeGreaterThanOrEqual(6)
  expectNoHiddenMove([...one.views, ...two.views])

  const records = await recorded(cluster.info.mysql.url, [id])
  expectRecorded(records, id, [one, two])
  expect([...records.matches.keys()]).toEqual([id])
  expect([...records.rounds.values()].flat()).toHaveLength(3)
  await expectTallies(cluster.info.mysql.url)
  const session = await http<{ player: { rating: number; wins: number } }>(`${url}/api/session`, { headers: { sessionid: one.sessionId } })
  expect(session.body.player).toMatchObject({ rating: 1520, wins: 1 })
  one.close()
  two.close()
})

test('long-polling clients stay with their node by the cookie, through nginx and three nodes', async () => {
  const polling = { transports: ['polling'], withCredentials: true }
  const players = await Promise.all(Array.from({ length: 6 }, (_, index) => TestPlayer.join(`poller-${index}`, url, polling)))
  expect((await connections()).filter((count) => count > 0).length).toBeGreaterThan(1)
  const matches = []
  for (let index = 0; index < 6; index += 2) {
    const [one, two] = [players[index], players[index + 1]]
    if (one && two) matches.push({ id: await pair(one, two, 1), one, two })
  }
  await Promise.all(matches.flatMap(({ id, one, two }) => [one.play(id, () => 'rock'), two.play(id, () => 'paper')]))
  for (const { one, two } of matches) {
    expect(one.current).toMatchObject({ status: 'finished', result: { reason: 'score' } })
    expect(one.socket.io.engine.transport.name).toBe('polling')
    expect(two.socket.connected).toBe(true)
  }
  for (const player of players) player.close()
})

test('long polling does not work without the cookie, so the test above proves something', async () => {
  const attempts = await Promise.allSettled(
    Array.from({ length: 6 }, async (_, index) => {
      const person = await login(url, `cookieless-${index}`)
      const first = await http<string>(`${url}/socket.io/?EIO=4&transport=polling`)
      const sid = (JSON.parse(first.body.slice(1)) as { sid: string }).sid
      const polls = []
      for (let poll = 0; poll < 3; poll += 1) {
        const post = await http(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, {
          method: 'POST',
          headers: { 'content-type': 'text/plain' },
          body: `40${JSON.stringify({ sessionId: person.sessionId })}`,
        })
        polls.push(post.status)
      }
      return polls
    }),
  )
  const statuses = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? attempt.value : []))
  expect(statuses).toContain(400)
})

test('a newer connection takes over, on another node too, and exactly one of many at once remains', async () => {
  const first = await TestPlayer.join('twice', nodeUrl(0))
  const second = await TestPlayer.join('twice', nodeUrl(1))
  await first.until(() => first.replaced && !first.socket.connected, 'to be replaced')
  expect(second.socket.connected).toBe(true)
  const others = await Promise.all(Array.from({ length: 9 }, (_, index) => TestPlayer.join('twice', nodeUrl(index % 3)).catch(() => null)))
  const all = [second, ...others].filter((player) => player !== null)
  await expect.poll(() => all.filter((player) => player.socket.connected).length, { timeout: 5000 }).toBe(1)
  const left = all.find((player) => player.socket.connected)
  expect(all.filter((player) => player !== left).every((player) => player.replaced)).toBe(true)
  expect(await left?.request('match:sync')).toEqual({ match: null, queue: null })
  for (const player of [first, ...all]) player.close()
})

test('a player in a match gets that match, whatever else they ask for', async () => {
  const one = await TestPlayer.join('busy-one', nodeUrl(0))
  const two = await TestPlayer.join('busy-two', nodeUrl(1))
  const id = await pair(one, two, 5)
  expect(await one.request('match:find', { mode: 'ranked' })).toMatchObject({ state: 'matched', match: { id } })
  expect(await one.request('room:create', {})).toMatchObject({ match: { id } })
  const host = await TestPlayer.join('busy-host', nodeUrl(2))
  const { code } = await host.request('room:create', { bestOf: 1 })
  expect(await one.request('room:join', { code })).toMatchObject({ match: { id } })
  expect(await one.request('match:sync')).toMatchObject({ match: { id, status: 'playing' }, queue: null })
  await one.request('match:leave', { matchId: id })
  await two.until(() => two.current?.status === 'finished', 'the forfeit')
  expect(two.current?.result?.reason).toBe('forfeit')
  expect(await one.request('match:sync')).toEqual({ match: null, queue: null })
  expect(await one.request('room:join', { code: ` ${code.toLowerCase()} ` })).toMatchObject({
    match: { mode: 'room', bestOf: 1, status: 'playing' },
  })
  expect(await two.ask('room:join', { code })).toMatchObject({ ok: false, error: { code: 'room_full' } })
  expect(await two.ask('room:join', { code: 'AAAAAA' })).toMatchObject({ ok: false, error: { code: 'room_not_found' } })
  for (const player of [one, two, host]) player.close()
})

test('the queue: tickets of other terms are not paired, and cancelling and disconnecting remove a ticket', async () => {
  const [one, two, three] = await Promise.all([
    TestPlayer.join('q-one', nodeUrl(0)),
    TestPlayer.join('q-two', nodeUrl(1)),
    TestPlayer.join('q-three', nodeUrl(2)),
  ])
  expect(await one.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
  expect(await one.request('match:find', { mode: 'casual', bestOf: 1 })).toEqual({ state: 'queued' })
  expect(await two.request('match:find', { mode: 'casual', bestOf: 5 })).toEqual({ state: 'queued' })
  expect(await three.request('match:find', { mode: 'ranked', bestOf: 1 })).toEqual({ state: 'queued' })
  expect(await one.request('match:sync')).toEqual({ match: null, queue: { mode: 'casual', bestOf: 1, since: expect.any(Number) } })
  await one.request('match:cancel')
  expect(await one.request('match:sync')).toEqual({ match: null, queue: null })
  two.close()
  const redis = openRedis(cluster)
  await expect.poll(() => redis.hexists(ticketsKey('casual'), two.player.id), { timeout: 2000 }).toBe(0)
  await redis.quit()
  expect((await three.request('match:find', { mode: 'casual', bestOf: 5 })).state).toBe('queued')
  // A search in another mode moved the ticket: no player finds it in the old mode.
  expect(await one.request('match:find', { mode: 'ranked', bestOf: 1 })).toEqual({ state: 'queued' })
  await one.request('match:cancel')
  await three.request('match:cancel')
  for (const player of [one, three]) player.close()
})

test('a node that is told to end drops no match: its players continue on other nodes', async () => {
  const node = await cluster.addNode({ DRAIN_MS: '800' })
  const players = await Promise.all(Array.from({ length: 8 }, (_, index) => TestPlayer.join(`drain-${index}`, node.url, {}, url)))
  for (const player of players) player.reconnectTo = () => url
  const notices = Promise.all(players.map((player) => new Promise((resolve) => player.socket.once('server:draining', resolve))))
  const ids: string[] = []
  for (let index = 0; index < 8; index += 2) {
    const [one, two] = [players[index], players[index + 1]]
    if (one && two) ids.push(await pair(one, two, 3))
  }
  const games = players.map((player, index) => player.play(ids[index >> 1] ?? '', () => (index % 2 ? 'rock' : 'paper')))
  const exit = await node.stop()
  expect(exit).toEqual({ code: 0, signal: null })
  expect(await notices).toEqual(Array.from({ length: 8 }, () => ({ reconnectWithinMs: 800 })))
  for (const end of await Promise.all(games)) expect(end.result?.reason).toBe('score')
  const refused = await http(`${node.url}/readyz`).catch(() => null)
  expect(refused).toBeNull()
  await recorded(cluster.info.mysql.url, ids)
  for (const player of players) player.close()
})
