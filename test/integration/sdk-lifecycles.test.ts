import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { MOVES, type MatchView, type Move } from '../../client-sdk/src/protocol.ts'
import { movesOf } from '../../tools/chaos/records.ts'
import { closeCleanly, startApp, type App } from '../../client-sdk/test/support/app.ts'
import { assertDefined } from '../../client-sdk/test/support/assert-defined.ts'
import { seeded } from '../../client-sdk/test/support/random.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { TestPlayer } from '../support/player.ts'

/**
 * A thousand lives of an app: random actions of users, networks and servers in the middle of a match. Once the faults are over, every
 * client is online with the server's own view within 3 s. The seed is in each test's name; SDK_SEED sets another one.
 */
const SEED = Number(process.env['SDK_SEED'] ?? 20_261_123)
const WAVES = 25
const APPS = 40
const CHAOS_MS = 500
const WELL_MS = 3000

let cluster: Cluster
const lives: Life[] = []

beforeAll(async () => {
  const env = { ROUND_MS: '600000', LOGIN_PER_MINUTE: '1000000', HANDSHAKES_PER_MINUTE: '1000000', DRAIN_MS: '200' }
  cluster = await testCluster({ nodes: 3, nginx: true, env, handshakesPerSecond: 10_000 })
  // A few at a time: forty first handshakes at once would test the machine, not the app.
  for (let i = 0; i < APPS; i += 5) lives.push(...(await Promise.all(Array.from({ length: 5 }, (_, k) => begin(i + k)))))
})
afterAll(async () => {
  for (const { friend } of lives) friend.close()
  await cluster.close()
})

/** An app, and a friend with a plain client that stays connected and so sees the true state. */
interface Life {
  app: App
  client: GameClient
  friend: TestPlayer
  random: () => number
  /** The acknowledged moves of the app: `match/round` → move. */
  moved: Map<string, Move>
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function begin(index: number): Promise<Life> {
  const random = seeded(SEED + index)
  const app = startApp({
    name: `life-${index}`,
    seed: SEED + index,
    freezeAfterMs: 10,
    dropAfterMs: 60,
    lateMs: index % 2 ? 300 : 0,
  })
  // Waits that are only a matter of time are shortened; everything else is as it ships.
  const timing = Object.assign({ connectTimeoutMs: 1000 }, index % 3 ? { longAbsenceMs: 50 } : {})
  const client = app.sdk.createGameClient({ url: cluster.info.url, timing })
  const friend = await TestPlayer.join(`friend-${index}`, cluster.info.url)
  friend.reconnectTo = () => cluster.info.url
  // If the first attempt is too slow for the short time-out, the client continues by itself.
  await client.connect().catch(() => undefined)
  await vi.waitUntil(() => client.state.status === 'online', { timeout: 30_000, interval: 10 })
  return { app, client, friend, random, moved: new Map() }
}

/** Starts a new match if the last one is over. */
async function ensureMatch({ client, friend }: Life): Promise<void> {
  if (client.match && client.match.status !== 'finished') return
  await friend.connected()
  const { code } = await friend.request('room:create', { bestOf: 5 })
  await client.joinRoom(code)
}

const anyMove = (random: () => number): Move => assertDefined(MOVES[Math.floor(random() * MOVES.length)])

/** The events in the life of an app. */
const EVENTS: ((life: Life) => unknown)[] = [
  ({ app }) => app.phone.hide(),
  ({ app }) => app.phone.show(),
  ({ app, random }) => app.phone.setNetwork(assertDefined(['wifi', '4g', '5g', 'none'][Math.floor(random() * 4)])),
  ({ app }) => app.phone.setNetwork('wifi'),
  ({ app }) => app.phone.dropSockets(),
  ({ client }) => client.close(),
  ({ client }) => client.connect(),
  ({ app, random }) => (app.host.blackhole = random() < 0.5),
  ({ app, random }) => (app.host.sessionHolds = random() < 0.5),
  ({ app, random }) => (app.host.loginFails = random() < 0.5 ? 'login:fail' : null),
  ({ app }) => {
    const sessionid = app.host.storage.get('caiquan.session')
    if (sessionid) void http(`${cluster.info.url}/api/session`, { method: 'DELETE', headers: { sessionid } }).catch(() => undefined)
  },
  (life) => makeMove(life),
  (life) => makeMove(life),
  ({ friend, random }) => {
    const view = friend.current
    if (view?.status === 'playing')
      void friend.ask('match:move', { matchId: view.id, round: view.round, move: anyMove(random) }).catch(() => undefined)
  },
]

function makeMove({ client, random, moved }: Life): void {
  const { match } = client
  const move = anyMove(random)
  client.move(move).then(
    () => match && moved.set(`${match.id}/${match.round}`, move),
    () => undefined,
  )
}

async function live(life: Life): Promise<void> {
  const end = Date.now() + CHAOS_MS
  while (Date.now() < end) {
    const event = assertDefined(EVENTS[Math.floor(life.random() * EVENTS.length)])
    void Promise.resolve(event(life)).catch(() => undefined)
    await pause(life.random() * 60)
  }
}

/** A fault of a node at the same time; resolves when the node works again. */
async function faultNode(random: () => number): Promise<void> {
  const node = assertDefined(cluster.nodes[Math.floor(random() * cluster.nodes.length)])
  const kind = random()
  if (kind < 0.4) return
  await pause(random() * CHAOS_MS * 0.5)
  if (kind < 0.7) {
    await node.kill()
    await node.start()
  } else {
    node.pause()
    await pause(CHAOS_MS * 0.7)
    node.resume()
  }
}

function makeWell({ app, client }: Life): void {
  app.host.loginFails = null
  app.host.sessionHolds = true
  app.phone.setNetwork('wifi')
  app.phone.show()
  app.host.blackhole = false
  // A user who closed the client, or who sees a page that says so, asks for the connection.
  void client.connect().catch(() => undefined)
}

async function expectWell({ client, friend }: Life, since: number): Promise<void> {
  const brief = (view: MatchView<unknown> | null): string =>
    view ? `${view.id} ${view.status} v${view.version} round ${view.round}` : 'no match'
  const states = (): string => `${JSON.stringify(client.state)} ${brief(client.match)}; the server has ${brief(serverView)}`
  let serverView: MatchView<unknown> | null = null
  for (;;) {
    const late = Date.now() - since > WELL_MS
    if (client.state.status === 'online') {
      const reply = friend.socket.connected ? await friend.ask('match:sync').catch(() => null) : null
      if (reply?.ok) serverView = reply.data.match
      if (serverView && client.match?.id === serverView.id && client.match.version === serverView.version) break
    }
    if (late) throw new Error(`${friend.name}: not well after ${WELL_MS} ms: ${states()}`)
    await pause(20)
  }
}

for (let wave = 0; wave < WAVES; wave++) {
  test(`lives ${wave * APPS + 1} to ${(wave + 1) * APPS} of seed ${SEED} end well`, async () => {
    await Promise.all(lives.map(ensureMatch))
    await Promise.all([faultNode(seeded(SEED + 1000 + wave)), ...lives.map(live)])
    const since = Date.now()
    lives.forEach(makeWell)
    await Promise.all(lives.map((life) => expectWell(life, since)))
  })
}

test('and every acknowledged move is in MySQL as it was made', async () => {
  const views = lives.flatMap(({ friend }) => friend.views)
  const finished = [...new Set(views.filter(({ status }) => status === 'finished').map(({ id }) => id))]
  expect(finished.length).toBeGreaterThan(10)
  const records = await recorded(cluster.info.mysql.url, finished)
  let checked = 0
  for (const { client, moved } of lives) {
    for (const [key, move] of moved) {
      const [matchId, round] = key.split('/')
      const row = records.rounds.get(assertDefined(matchId))?.find((each) => each.round === Number(round))
      if (!row) continue
      const seat = movesOf(row)[records.matches.get(assertDefined(matchId))?.player0Id === client.me?.id ? 0 : 1]
      expect(seat, key).toBe(move)
      checked++
    }
  }
  expect(checked).toBeGreaterThan(50)
})

test('and nothing of any app is left when it closes', async () => {
  for (const { app, client } of lives) await closeCleanly(app, client)
})
