import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { expectRecorded, expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer, wechatCode } from '../support/player.ts'
import { randomMove, randomOf } from '../support/random.ts'

let cluster: Cluster
const own = (service: Service | null): Service => {
  if (!service) throw new Error('this test needs services of its own')
  return service
}

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, nginx: true, ownDatabase: true, env: { ROUND_MS: '4000' } })
})
afterAll(() => cluster?.close())

interface Game {
  id: string
  players: [TestPlayer, TestPlayer]
  ended: Promise<unknown>
}

/** Plays matches that continue by themselves, slowly enough for the test to interrupt them. */
async function startGames(label: string, count: number, thinkMs: number): Promise<Game[]> {
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const random = randomOf(index + 1)
      const one = await TestPlayer.join(`${label}-${index}-one`, cluster.info.url)
      const two = await TestPlayer.join(`${label}-${index}-two`, cluster.info.url)
      for (const player of [one, two]) player.reconnectTo = () => cluster.info.url
      const { code, match } = await one.request('room:create', { bestOf: 5 })
      await two.request('room:join', { code })
      const think = async () => {
        await sleep(random() * thinkMs)
        return randomMove(random)
      }
      const ended = Promise.all([one.play(match.id, think, 90_000), two.play(match.id, think, 90_000)])
      ended.catch(() => undefined)
      return { id: match.id, players: [one, two] as [TestPlayer, TestPlayer], ended }
    }),
  )
}

async function expectPlayedOut(games: Game[], ms = 20_000): Promise<void> {
  await Promise.all(games.map(({ ended }) => ended))
  const records = await recorded(
    cluster.info.mysql.url,
    games.map(({ id }) => id),
    ms,
  )
  for (const { id, players } of games) {
    expectRecorded(records, id, players)
    for (const player of players) player.close()
  }
  await expectTallies(cluster.info.mysql.url)
}

const running = (games: Game[]): number => games.filter(({ players }) => players[0].current?.status === 'playing').length
const readiness = async (): Promise<number[]> =>
  Promise.all(cluster.info.nodes.map(async ({ url }) => (await http(`${url}/readyz`)).status))

test('Redis restarts from its AOF in the middle of matches: play resumes by itself and nothing is missing', async () => {
  const games = await startGames('redis', 6, 400)
  await sleep(700)
  expect(running(games)).toBeGreaterThan(3)
  const redis = own(cluster.redis)
  await redis.kill()
  await expect.poll(readiness, { timeout: 5000 }).toEqual([503, 503, 503])
  const [game] = games
  const refused = await game?.players[0].raw('match:sync')
  expect(refused).toMatchObject({ ok: false, error: { code: 'unavailable', retryAfterMs: expect.any(Number) } })
  expect((await http(`${cluster.info.nodes[0]?.url}/healthz`)).status).toBe(200)
  expect(game?.players[0].socket.connected).toBe(true)
  await sleep(1000)
  await redis.start()
  await expect.poll(readiness, { timeout: 10_000 }).toEqual([200, 200, 200])
  await expectPlayedOut(games)
}, 120_000)

test('MySQL is away for ten seconds: play continues, logins are told to wait, and the record catches up', async () => {
  const mysql = own(cluster.mysql)
  const before = await startGames('mysql', 4, 300)
  await sleep(300)
  await mysql.kill()
  const away = performance.now()
  const login = await http(`${cluster.info.url}/api/login`, { method: 'POST', body: { code: wechatCode('late') } })
  expect(login).toMatchObject({ status: 503, body: { error: { code: 'unavailable' } } })
  expect(Number(login.headers['retry-after'])).toBeGreaterThan(0)
  expect(await readiness()).toEqual([200, 200, 200])
  await Promise.all(before.map(({ ended }) => ended))
  // Players whose match has ended go on to a new match, all of it without MySQL; a reconnection needs no MySQL either.
  const again = before.flatMap(({ players }) => players).slice(0, 2) as [TestPlayer, TestPlayer]
  again[0].socket.io.engine.close()
  await again[0].connected()
  const id = await pair(again[0], again[1], 1)
  await Promise.all(again.map((player, index) => player.play(id, () => (index ? 'rock' : 'paper'))))
  const metrics = (await http<string>(`${cluster.info.nodes[0]?.url}/metrics`)).body
  expect(Number(/^caiquan_outbox_backlog\{[^}]*\} (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(10)
  await sleep(10_000 - (performance.now() - away))
  await mysql.start()
  await expectPlayedOut(before, 30_000)
  await recorded(cluster.info.mysql.url, [id])
  expect((await http(`${cluster.info.url}/api/login`, { method: 'POST', body: { code: wechatCode('late') } })).status).toBe(200)
}, 120_000)

test('nginx reloads in the middle of matches: no live socket is cut', async () => {
  const games = await startGames('nginx', 4, 300)
  await sleep(300)
  let cuts = 0
  for (const { players } of games) for (const player of players) player.socket.on('disconnect', () => (cuts += 1))
  for (let times = 0; times < 3; times += 1) {
    own(cluster.nginx?.service ?? null).signal('SIGHUP')
    await sleep(400)
  }
  const newPlayer = await TestPlayer.join('after-reload', cluster.info.url)
  newPlayer.close()
  await Promise.all(games.map(({ ended }) => ended))
  expect(cuts).toBe(0)
  await expectPlayedOut(games)
}, 120_000)
