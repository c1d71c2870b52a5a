import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type { GameSnapshot } from '../../src/client/game.ts'
import type { GameTiming } from '../../src/client/options.ts'
import type { Move } from '../../src/protocol.ts'
import { closeCleanly, online, startApp, type App } from '../support/app.ts'
import { WireServer } from '../support/wire-server.ts'
import type { Phone } from '../support/phone.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { until } from '../support/until.ts'

const QUICK: Partial<GameTiming> = {
  minDelayMs: 20,
  longAbsenceMs: 300,
  probeTimeoutMs: 150,
  ackTimeoutMs: 300,
  gapGraceMs: 100,
  deadlineGraceMs: 100,
  heartbeatMs: 100,
}
let server: WireServer
let players: { app: App; client: GameClient }[]

beforeEach(async () => {
  server = await WireServer.start()
  players = []
})
afterEach(async () => {
  for (const { app, client } of players) await closeCleanly(app, client)
  await server.close()
})

async function join(name: string, timing: Partial<GameTiming> = {}): Promise<{ app: App; client: GameClient }> {
  const app = startApp({ name, seed: players.length + 1 })
  const client = app.sdk.createGameClient({ url: server.url, timing: { ...QUICK, ...timing } })
  players.push({ app, client })
  await client.connect()
  return { app, client }
}

/** Two players in a match, by their seats. */
async function pair(bestOf: 1 | 3 | 5 = 3): Promise<[GameClient, GameClient]> {
  const { client: ann } = await join('ann')
  const { client: ben } = await join('ben')
  await Promise.all([ann.find({ mode: 'casual', bestOf }), ben.find({ mode: 'casual', bestOf })])
  return ann.seat === 0 ? [ann, ben] : [ben, ann]
}
const phoneOf = (client: GameClient): Phone => assertDefined(players.find((player) => player.client === client)).app.phone
/** The match as the server has it, and the player's socket there. */
const serverSide = (client: GameClient) => assertDefined(server.matches.get(assertDefined(client.match).id))
const socketOf = (client: GameClient) => assertDefined(server.socketOf(assertDefined(client.me).id))
const round = (client: GameClient, number: number): Promise<void> =>
  until(() => client.match?.round === number || client.match?.status === 'finished', `round ${number}`)
async function play([one, two]: [GameClient, GameClient], moves: [Move, Move][]): Promise<void> {
  for (const [first, second] of moves) {
    const number = one.match?.round || 0
    await Promise.all([one.move(first), two.move(second)])
    await Promise.all([round(one, number + 1), round(two, number + 1)])
  }
}

describe('a match', () => {
  test('is found, played and won, with nothing taken twice', async () => {
    const [one, two] = await pair()
    await play(
      [one, two],
      [
        ['rock', 'rock'],
        ['rock', 'paper'],
        ['paper', 'rock'],
        ['scissors', 'paper'],
      ],
    )
    expect(one.match).toMatchObject({ status: 'finished', result: { winner: 0, reason: 'score' }, round: 4 })
    expect(two.match).toEqual(one.match && { ...one.match, serverTime: two.match?.serverTime })
    expect(serverSide(one).taken).toHaveLength(8)
  })

  test('shows the move that was made until its round is over', async () => {
    const [one, two] = await pair()
    expect(one.snapshot.move).toBeNull()
    void one.move('rock')
    expect(one.snapshot.move).toBe('rock')
    await two.move('paper')
    await round(one, 2)
    expect(one.snapshot.move).toBeNull()
  })

  test('reports emotes and the player', async () => {
    const [one, two] = await pair()
    const received: unknown[] = []
    const off = two.on('emote', ({ emote, seat }) => received.push([emote, seat]))
    await one.emote('well_played')
    await until(() => received.length === 1, 'the emote')
    off()
    await one.emote('oops')
    socketOf(one).emit('player', { ...assertDefined(one.me), rating: 1016 })
    await until(() => one.me?.rating === 1016, 'the new rating')
    expect(received).toEqual([['well_played', 0]])
  })

  test('can be left, and is lost by it', async () => {
    const [one, two] = await pair()
    await one.leave()
    await until(() => two.match?.status === 'finished', 'the end')
    expect(two.match?.result).toEqual({ winner: 1, reason: 'forfeit' })
    await two.leave()
    expect(two.match).toBeNull()
  })

  test('is followed by another if both players want one', async () => {
    const [one, two] = await pair(1)
    await play([one, two], [['rock', 'scissors']])
    const before = one.match?.id
    expect((await one.rematch())?.id).not.toBe(before)
    await until(() => two.match?.id === one.match?.id, 'the new match')
  })
})

describe('without a match', () => {
  test.each(['rematch', 'emote', 'move'] as const)('%s is refused', async (command) => {
    const { client } = await join('ann')
    const call = command === 'emote' ? client.emote('hello') : command === 'move' ? client.move('rock') : client.rematch()
    await expect(call).rejects.toMatchObject({ code: 'no_match' })
  })
  test("the server's codes arrive unchanged", async () => {
    const { client } = await join('ann')
    await expect(client.joinRoom('NOROOM')).rejects.toMatchObject({ code: 'room_not_found', temporary: false })
    await expect(client.watch({ matchId: 'none' })).rejects.toMatchObject({ code: 'match_not_found' })
    server.reject['match:cancel'] = { code: 'rate_limited', times: 1, retryAfterMs: 500 }
    await expect(client.cancel()).rejects.toMatchObject({ code: 'rate_limited', temporary: true, retryAfterMs: 500 })
  })
})

describe('a search', () => {
  test('beats, is shown, and ends by cancelling', async () => {
    const { client } = await join('ann')
    const found = expect(client.find({ mode: 'casual' })).rejects.toMatchObject({ code: 'cancelled' })
    expect(client.snapshot.search).toMatchObject({ mode: 'casual' })
    await until(() => server.count('match:find') >= 3, 'heartbeats')
    await client.cancel()
    await found
    expect(client.snapshot.search).toBeNull()
    const beats = server.count('match:find')
    await new Promise((resolve) => setTimeout(resolve, 250))
    expect(server.count('match:find')).toBe(beats)
  })

  test('continues after a lost connection', async () => {
    const { app, client } = await join('ann')
    const found = client.find({ mode: 'casual' })
    await until(() => server.count('match:find') >= 1, 'a heartbeat')
    app.phone.setNetwork('none')
    await until(() => client.state.status === 'offline', 'offline')
    app.phone.setNetwork('wifi')
    const { client: ben } = await join('ben')
    const match = await ben.find({ mode: 'casual' })
    expect((await found).id).toBe(match.id)
  })
})

describe('a room', () => {
  test('is opened for a friend, joined by its code, and can be watched', async () => {
    const { client: ann } = await join('ann')
    const { client: ben } = await join('ben')
    const { client: cat } = await join('cat')
    const { code } = await ann.createRoom(1)
    expect(ann.match).toMatchObject({ status: 'waiting', code, bestOf: 1 })
    await ben.joinRoom(code)
    await cat.watch({ code })
    expect(cat.seat).toBeNull()
    await until(() => ann.match?.status === 'playing', 'the game begins')
    await expect(cat.move('rock')).rejects.toMatchObject({ code: 'no_match' })
    await play([ann, ben], [['rock', 'scissors']])
    await until(() => cat.match?.status === 'finished', 'the spectator sees the end')
  })

  test('keeps its spectator after a lost connection', async () => {
    const [one, two] = await pair()
    const { app, client: cat } = await join('cat')
    await cat.watch({ matchId: one.match?.id || '' })
    app.phone.setNetwork('4g')
    await until(() => server.count('match:watch') === 2, 'watching again')
    await play([one, two], [['rock', 'scissors']])
    await round(cat, 2)
  })

  test('that no guest joined is left', async () => {
    const { client } = await join('ann')
    await client.createRoom()
    await client.leave()
    await until(() => client.match === null || client.match.status === 'finished', 'left')
  })
})

describe('a move on a poor network', () => {
  test('whose acknowledgement is lost is taken once', async () => {
    const [one, two] = await pair(1)
    server.swallow['match:move'] = 1
    const stored = one.move('rock')
    await until(() => server.count('match:move') === 1, 'the move arrived')
    // The view alone would show it, but this client gets none.
    server.cut()
    await stored
    await online(two)
    await two.move('scissors')
    await until(() => one.match?.status === 'finished', 'the end')
    expect(serverSide(one).taken).toEqual(['1 0 rock', '1 1 scissors'])
  })

  test('made without network is sent with its return', async () => {
    const [one, two] = await pair(1)
    const mine = phoneOf(one)
    mine.setNetwork('none')
    await until(() => one.state.status === 'offline', 'offline')
    const stored = one.move('rock')
    await two.move('scissors')
    mine.setNetwork('wifi')
    await stored
    await until(() => one.match?.status === 'finished', 'the end')
    expect(one.match?.result?.winner).toBe(0)
  })

  test('that came too late is refused with that reason', async () => {
    const [one, two] = await pair()
    const mine = phoneOf(one)
    mine.setNetwork('none')
    await until(() => one.state.status === 'offline', 'offline')
    const late = one.move('rock')
    // The round is decided without the move.
    const match = serverSide(one)
    match.view.lastRound = { round: 1, moves: [null, 'paper'], winner: 1, reason: 'timeout' }
    match.view.round = 2
    server.changed(match)
    mine.setNetwork('wifi')
    await expect(late).rejects.toMatchObject({ code: 'stale_round' })
    await until(() => one.match?.round === 2 && two.match?.round === 2, 'the next round')
  })

  test('which the server acknowledged and then lost is sent again', async () => {
    const [one] = await pair(1)
    await one.move('rock')
    const match = serverSide(one)
    match.moves = [null, null]
    match.taken = []
    server.changed(match)
    await until(() => match.moves[0] === 'rock', 'the move is back')
  })

  test('is repeated as long as the server is not ready for it', async () => {
    const [one] = await pair(1)
    server.reject['match:move'] = { code: 'unavailable', times: 2, retryAfterMs: 30 }
    await one.move('rock')
    expect(server.count('match:move')).toBe(3)
  })
})

describe('a client that missed something', () => {
  test('asks when no view has an acknowledged version', async () => {
    const [one] = await pair()
    const match = serverSide(one)
    const before = server.count('match:sync')
    // The view that this move causes is lost on its way.
    const socket = socketOf(one)
    const { emit } = socket
    socket.emit = () => true
    await one.move('rock')
    socket.emit = emit
    await until(() => server.count('match:sync') > before, 'the client asks')
    await until(() => one.match?.version === match.view.version, 'the view of round 2')
  })

  test('asks when a deadline has passed without a view, and not all the time', async () => {
    server.roundMs = 200
    const [one] = await pair()
    const match = serverSide(one)
    const before = server.count('match:sync')
    server.roundMs = 60_000
    match.view.round = 2
    // 100 ms after the deadline, and not before it.
    expect(one.remainingMs()).toBeGreaterThan(0)
    server.changed(match, true)
    await until(() => one.match?.round === 2, 'the view of round 2')
    expect(server.count('match:sync') - before).toBeLessThanOrEqual(3)
  })

  test('learns how a match ended that ended without it', async () => {
    const [one, two] = await pair(1)
    const mine = phoneOf(one)
    await one.move('rock')
    mine.setNetwork('none')
    await until(() => one.state.status === 'offline', 'offline')
    await two.move('scissors')
    mine.setNetwork('wifi')
    await until(() => one.match?.status === 'finished', 'the end')
    expect(one.match?.result).toEqual({ winner: 0, reason: 'score' })
  })

  test('forgets a match that no longer exists', async () => {
    const [one] = await pair()
    server.matches.clear()
    await one.sync()
    await until(() => one.match === null, 'forgotten')
  })

  test('recognizes old views and repeated ones', async () => {
    const [one] = await pair()
    const socket = socketOf(one)
    const now = assertDefined(one.match)
    const seen: GameSnapshot[] = []
    one.subscribe((snapshot) => seen.push(snapshot))
    for (const version of [now.version - 1, now.version, 0]) socket.emit('match', { ...now, version, round: 9 })
    await one.sync()
    expect(one.match?.round).toBe(1)
    expect(seen).toHaveLength(1)
  })
})

describe('a match that is over', () => {
  test('and was left does not come back with the next connection', async () => {
    server.shows = 'ended'
    const [one, two] = await pair(1)
    await play([one, two], [['rock', 'scissors']])
    await one.leave()
    const before = server.connections
    phoneOf(one).setNetwork('4g')
    await until(() => server.connections > before, 'a new connection')
    await online(one)
    await one.sync()
    expect(one.match).toBeNull()
  })

  test('is shown to a player who comes back at its end, but not again at the next start', async () => {
    const [one, two] = await pair(1)
    const { storage } = assertDefined(players.find(({ client }) => client === one)).app.host
    await play([one, two], [['rock', 'scissors']])
    one.close()
    const restarted = async (shows: WireServer['shows']): Promise<GameClient> => {
      server.shows = shows
      const app = startApp({ name: 'any', storage })
      const client = app.sdk.createGameClient({ url: server.url, timing: QUICK })
      players.push({ app, client })
      await client.connect()
      await client.sync()
      return client
    }
    expect((await restarted('ended')).match?.status).toBe('finished')
    expect((await restarted('asked')).match).toBeNull()
  })
})

describe("the server's clock", () => {
  test("is computed from views, whatever the phone's clock shows", async () => {
    server.roundMs = 10_000
    const [one] = await pair()
    const left = one.remainingMs() || 0
    expect(left).toBeGreaterThan(9000)
    expect(left).toBeLessThanOrEqual(10_000)
    expect(Math.abs(one.serverNow() - Date.now())).toBeLessThan(100)
    const ticks: (number | null)[] = []
    const stop = one.countdown((remaining) => ticks.push(remaining), 50)
    await until(() => ticks.length >= 4, 'ticks')
    stop()
    expect(ticks.slice(1).every((tick) => tick !== null && tick % 50 < 50)).toBe(true)
  })
})

test('a page is kept up to date and released when it unloads', async () => {
  const [one, two] = await pair()
  const shown: Record<string, unknown> = {}
  let calls = 0
  const page: { setData(data: Record<string, unknown>): void; onUnload?: () => unknown } = {
    setData: (data) => {
      calls++
      Object.assign(shown, data)
    },
  }
  one.bindPage(page, ({ match, seat, connection }) => ({
    round: match?.round,
    score: match && seat !== null ? match.seats[seat]?.score : 0,
    status: connection.status,
  }))
  expect(shown).toEqual({ round: 1, score: 0, status: 'online' })
  await play([one, two], [['rock', 'scissors']])
  expect(shown).toEqual({ round: 2, score: 1, status: 'online' })
  page.onUnload?.()
  const before = calls
  await play([one, two], [['rock', 'scissors']])
  expect(calls).toBe(before)
})
