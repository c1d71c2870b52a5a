import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { EmoteEvent, MatchView } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { playerKey } from '../../server/src/keys.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectRecorded, expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'

const ROUND_MS = 2500
let cluster: Cluster
let redis: RedisClient
let people = 0
const openPlayers: TestPlayer[] = []

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 3,
    env: {
      ROUND_MS: String(ROUND_MS),
      SWEEP_MS: '300',
      BOT_AFTER_MS: '2500',
      BOT_MIN_MS: '50',
      BOT_MAX_MS: '300',
      RANKED_WINDOW: '100',
      RANKED_WINDOW_PER_SECOND: '100',
      TICKET_TTL_MS: '4000',
      ABANDON_FREE: '1',
      ABANDON_WAIT_MS: '1500',
    },
  })
  redis = openRedis(cluster)
})
afterAll(async () => {
  for (const player of openPlayers) player.close()
  await redis?.quit()
  await cluster?.close()
})

/** A new person on one of the three nodes. */
async function person(node = people % 3, rating?: number): Promise<TestPlayer> {
  const player = await TestPlayer.join(`game-${++people}`, cluster.info.nodes[node % 3]?.url ?? '')
  openPlayers.push(player)
  if (rating !== undefined) await redis.set(playerKey(player.player.id), JSON.stringify({ ...player.player, rating }))
  return player
}

const opponentOf = (player: TestPlayer): string | undefined =>
  player.current?.seats.find((seat) => seat.player.id !== player.player.id)?.player.id
const matched = (player: TestPlayer, ms?: number): Promise<MatchView<unknown>> =>
  player.until(() => player.current?.status === 'playing' && player.current, 'a match', ms)
const noHidden = (views: MatchView<unknown>[]): void => {
  for (const view of views) expect(JSON.stringify({ ...view, lastRound: null })).not.toMatch(/rock|paper|scissors/)
}

describe('rated matchmaking', () => {
  test('the nearest rating is chosen, on whatever nodes the players are', async () => {
    const [low, near, high, seeker] = [await person(0, 1460), await person(1, 1620), await person(2, 1740), await person(0, 1650)]
    for (const player of [low, near, high]) expect((await player.request('match:find', { mode: 'ranked', bestOf: 1 })).state).toBe('queued')
    await seeker.request('match:find', { mode: 'ranked', bestOf: 1 })
    await matched(seeker)
    expect(opponentOf(seeker)).toBe(near.player.id)
    for (const player of [low, high]) await player.request('match:cancel')
    await Promise.all([seeker, near].map((player) => player.request('match:leave', { matchId: seeker.current?.id })))
  })

  test('ratings far apart are not paired at once, and are after a wait: the window widens', async () => {
    const [weak, strong] = [await person(0, 1200), await person(1, 1480)]
    await weak.request('match:find', { mode: 'ranked', bestOf: 3 })
    expect(await strong.request('match:find', { mode: 'ranked', bestOf: 3 })).toEqual({ state: 'queued' })
    await sleep(800)
    expect(weak.current).toBeNull()
    await matched(weak, 5000)
    expect(opponentOf(weak)).toBe(strong.player.id)
    const waited = (weak.current?.serverTime ?? 0) - (weak.views[0]?.serverTime ?? 0)
    expect(waited).toBeLessThan(3000)
    await weak.request('match:leave', { matchId: weak.current?.id })
  })

  test('a player whose heartbeat stops is not paired', async () => {
    const silentPlayer = await person(0, 2500)
    await silentPlayer.request('match:find', { mode: 'ranked', bestOf: 5 })
    const node = cluster.nodes[0]
    // The player's node dies with them: only the missing heartbeat tells it.
    silentPlayer.reconnectTo = null
    await node?.kill()
    await sleep(4300)
    const alone = await person(1, 2500)
    expect(await alone.request('match:find', { mode: 'ranked', bestOf: 5 })).toEqual({ state: 'queued' })
    await sleep(700)
    expect(alone.current).toBeNull()
    await alone.request('match:cancel')
    await node?.start()
  })

  test('the last opponent is avoided if there is another one, and met if there is none', async () => {
    const [one, two, three] = [await person(0), await person(1), await person(2)]
    const id = await pair(one, two, 1)
    await one.request('match:move', { matchId: id, round: 1, move: 'rock' })
    await two.request('match:move', { matchId: id, round: 1, move: 'paper' })
    await one.until(() => one.current?.status === 'finished', 'the end')
    await two.request('match:find', { mode: 'casual', bestOf: 1 })
    await three.request('match:find', { mode: 'casual', bestOf: 1 }).then((reply) => expect(reply.state).toBe('matched'))
    await matched(two)
    expect(opponentOf(two)).toBe(three.player.id)
    await two.request('match:leave', { matchId: two.current?.id })
    const again = await pair(one, two, 1)
    expect(again).not.toBe(id)
    await one.request('match:leave', { matchId: again })
  })

  test('a player who forfeits ranked matches repeatedly waits before the next one, and only for ranked', async () => {
    const quitter = await person(0, 1900)
    for (let times = 0; times < 2; times += 1) {
      const other = await person(1, 1900)
      const id = await pair(quitter, other, 3, 'ranked')
      await quitter.request('match:leave', { matchId: id })
      await other.until(() => other.current?.status === 'finished', 'the forfeit')
    }
    const refused = await quitter.ask('match:find', { mode: 'ranked', bestOf: 3 })
    expect(refused).toMatchObject({ ok: false, error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } })
    expect((await quitter.request('match:find', { mode: 'casual', bestOf: 5 })).state).toBe('queued')
    await quitter.request('match:cancel')
    await sleep(1600)
    expect((await quitter.request('match:find', { mode: 'ranked', bestOf: 3 })).state).toBe('queued')
    await quitter.request('match:cancel')
  })
})

describe('rooms and rematches', () => {
  test('leave and return, a third player may watch, and both ask for another match', async () => {
    const [host, guest, third] = [await person(0), await person(1), await person(2)]
    const { code, match } = await host.request('room:create', { bestOf: 1 })
    expect(match).toMatchObject({
      mode: 'room',
      code,
      bestOf: 1,
      status: 'waiting',
      round: 0,
      deadlineAt: null,
      seats: [{ connected: true }],
    })
    expect(code).toMatch(/^[34679ACDEFGHJKMNPQRTWXY]{6}$/)
    host.socket.disconnect()
    const back = await TestPlayer.join(host.name, cluster.info.nodes[2]?.url ?? '')
    openPlayers.push(back)
    await back.until(() => back.current?.id === match.id, 'their room')
    await guest.request('room:join', { code })
    expect(await third.ask('room:join', { code })).toMatchObject({ ok: false, error: { code: 'room_full' } })
    expect(await third.request('match:watch', { code })).toMatchObject({ match: { id: match.id, status: 'playing' } })
    expect(await guest.ask('match:rematch', { matchId: match.id })).toMatchObject({ ok: false, error: { code: 'match_running' } })
    await Promise.all([back.play(match.id, () => 'rock'), guest.play(match.id, () => 'paper')])
    expect(await back.request('match:rematch', { matchId: match.id })).toEqual({})
    await guest.until(() => guest.current?.rematch?.[0], 'the rematch request of the host')
    const { match: next } = await guest.request('match:rematch', { matchId: match.id })
    expect(next).toMatchObject({ status: 'playing', mode: 'room', bestOf: 1, round: 1 })
    await back.until(() => back.current?.id === next?.id, 'the next match')
    // Asking again, late or twice, returns the same match and creates no other one.
    expect(await back.request('match:rematch', { matchId: match.id })).toMatchObject({ match: { id: next?.id } })
    expect(await third.ask('match:rematch', { matchId: match.id })).toMatchObject({ ok: false, error: { code: 'not_your_match' } })
    await back.request('match:leave', { matchId: next?.id })
  })

  test('a player who leaves after the end is shown as gone to the opponent, who may wait, and as back on return', async () => {
    const [one, two] = [await person(0), await person(1)]
    const id = await pair(one, two, 1)
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    const seat = two.current?.seats.findIndex(({ player }) => player.id === one.player.id) ?? -1
    one.socket.disconnect()
    await two.until(() => two.current?.seats[seat]?.connected === false, 'the loss of the opponent', 2000)
    const back = TestPlayer.resume(one, cluster.info.nodes[2]?.url ?? '')
    openPlayers.push(back)
    await two.until(() => two.current?.seats[seat]?.connected, 'their return', 5000)
    await back.request('match:rematch', { matchId: id })
    await two.until(() => two.current?.rematch?.[seat], 'the rematch request')
    await two.request('match:rematch', { matchId: id })
    await matched(back)
  })

  test('both players ask at the same moment, and one match is created', async () => {
    const [one, two] = [await person(0), await person(1)]
    let id = await pair(one, two, 1)
    for (let times = 0; times < 5; times += 1) {
      const current = id
      await Promise.all([one.play(current, () => 'rock'), two.play(current, () => 'scissors')])
      await Promise.all([one.request('match:rematch', { matchId: current }), two.request('match:rematch', { matchId: current })])
      const next = await one.until(() => one.current?.id !== current && one.current, 'the next match')
      await two.until(() => two.current?.id === next.id, 'the same')
      expect(next.status).toBe('playing')
      id = next.id
    }
    await one.request('match:leave', { matchId: id })
  })

  test('a player who leaves withdraws their rematch request', async () => {
    const [one, two] = [await person(0), await person(1)]
    const id = await pair(one, two, 1)
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    await one.request('match:rematch', { matchId: id })
    await one.request('match:leave', { matchId: id })
    expect(await two.request('match:rematch', { matchId: id })).toEqual({})
    expect(await one.request('match:sync')).toEqual({ match: null, queue: null })
  })
})

describe('spectators and emotes', () => {
  test('any number of spectators on every node see every view and no hidden move, and cannot play', async () => {
    const [one, two] = [await person(0), await person(1)]
    const id = await pair(one, two, 3)
    const watchers = await Promise.all(Array.from({ length: 9 }, (_, index) => person(index)))
    for (const watcher of watchers) expect(await watcher.request('match:watch', { matchId: id })).toMatchObject({ match: { id } })
    expect(await watchers[0]?.ask('match:move', { matchId: id, round: 1, move: 'rock' })).toMatchObject({
      ok: false,
      error: { code: 'not_your_match' },
    })
    const [end] = await Promise.all([one.play(id, ({ round }) => (round === 1 ? 'rock' : 'paper')), two.play(id, () => 'rock')])
    for (const watcher of watchers) {
      await watcher.until(() => watcher.current?.version === end.version, 'the end')
      expect({ ...watcher.current, serverTime: 0 }).toEqual({ ...end, serverTime: 0 })
      noHidden(watcher.views)
      expect(await watcher.request('match:sync')).toEqual({ match: null, queue: null })
    }
    expect(await watchers[0]?.ask('match:watch', { matchId: '3-000000000000000000000' })).toMatchObject({
      ok: false,
      error: { code: 'match_not_found' },
    })
    expect(await watchers[0]?.ask('match:watch', { code: 'AAAAAA' })).toMatchObject({ ok: false, error: { code: 'room_not_found' } })
  })

  test('emotes of the fixed set reach players and spectators; other emotes, too many, and those of strangers are refused', async () => {
    const [one, two, watcher] = [await person(0), await person(1), await person(2)]
    const id = await pair(one, two, 3)
    await watcher.request('match:watch', { matchId: id })
    const received = [one, two, watcher].map((player) => new Promise<EmoteEvent>((resolve) => player.socket.once('emote', resolve)))
    await two.request('match:emote', { matchId: id, emote: 'wow' })
    const seat = one.current?.seats.findIndex(({ player }) => player.id === two.player.id)
    expect(await Promise.all(received)).toEqual(Array.from({ length: 3 }, () => ({ matchId: id, seat, emote: 'wow' })))
    expect(await one.ask('match:emote', { matchId: id, emote: 'rude' })).toMatchObject({ ok: false, error: { code: 'bad_request' } })
    expect(await watcher.ask('match:emote', { matchId: id, emote: 'wow' })).toMatchObject({ ok: false, error: { code: 'not_your_match' } })
    const many = await Promise.all(Array.from({ length: 8 }, () => one.ask('match:emote', { matchId: id, emote: 'hello' })))
    expect(many.filter((reply) => !reply.ok && reply.error.code === 'rate_limited').length).toBeGreaterThan(0)
    await one.request('match:leave', { matchId: id })
  })
})

describe('bots', () => {
  const botSeat = (view: MatchView<unknown> | null) => view?.seats.find((seat) => seat.bot)

  test('practice starts at once; the bot is marked, plays within its time, and changes no record', async () => {
    const player = await person(1)
    const reply = await player.request('match:find', { mode: 'practice', bestOf: 3 })
    expect(reply).toMatchObject({ state: 'matched', match: { mode: 'practice', bestOf: 3, status: 'playing' } })
    const id = player.current?.id ?? ''
    expect(botSeat(player.current)).toMatchObject({ bot: true, connected: true, player: { id: 'bot' } })
    const end = await player.play(id, () => 'rock')
    expect(['score', 'max_rounds']).toContain(end.result?.reason)
    noHidden(player.views)
    const { match } = await player.request('match:rematch', { matchId: id })
    expect(match).toMatchObject({ mode: 'practice', status: 'playing' })
    await player.request('match:leave', { matchId: match?.id })
    const records = await recorded(cluster.info.mysql.url, [id])
    expectRecorded(records, id, [player, player])
    await expectTallies(cluster.info.mysql.url)
  })

  test('a player who has waited for a casual match gets a bot, and one who has waited for a ranked match does not', async () => {
    const [casual, ranked] = [await person(0), await person(1, 3000)]
    const heartbeat = setInterval(() => {
      void casual.request('match:find', { mode: 'casual', bestOf: 1 })
      void ranked.request('match:find', { mode: 'ranked', bestOf: 1 })
    }, 900)
    try {
      await matched(casual, 6000)
      expect(botSeat(casual.current)).toBeDefined()
      expect(casual.current?.mode).toBe('casual')
      expect(ranked.current).toBeNull()
    } finally {
      clearInterval(heartbeat)
    }
    await ranked.request('match:cancel')
    await casual.request('match:leave', { matchId: casual.current?.id })
  })

  test('a bot survives the node that planned its move', async () => {
    for (const home of [0, 1, 2]) {
      const player = await person(home)
      player.reconnectTo = () => cluster.info.nodes[(home + 1) % 3]?.url ?? ''
      await player.request('match:find', { mode: 'practice', bestOf: 1 })
      const id = player.current?.id ?? ''
      const node = cluster.nodes[home]
      await node?.kill()
      const moved = await player.until(
        () => player.current?.id === id && (botSeat(player.current)?.moved || player.current.lastRound) && player.current,
        'the move of the bot',
      )
      expect(moved.lastRound?.reason).not.toBe('timeout')
      const end = await player.play(id, () => 'rock')
      expect(['score', 'max_rounds']).toContain(end.result?.reason)
      await node?.start()
    }
  })
})

describe('presence', () => {
  test('a clean close is visible within two seconds on the other node, and so is the return', async () => {
    const [one, two] = [await person(0), await person(1)]
    await pair(one, two, 5)
    const seat = two.current?.seats.findIndex(({ player }) => player.id === one.player.id) ?? 0
    one.socket.disconnect()
    await two.until(() => two.current?.seats[seat]?.connected === false, 'the opponent to be gone', 2000)
    const back = await TestPlayer.join(one.name, cluster.info.nodes[2]?.url ?? '')
    openPlayers.push(back)
    await two.until(() => two.current?.seats[seat]?.connected === true, 'the opponent to be back', 2000)
    await back.until(() => back.current?.id === two.current?.id, 'their match')
    await back.request('match:leave', { matchId: back.current?.id })
  })
})
