import { afterEach, beforeEach, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import { closeCleanly, startApp, type App } from '../support/app.ts'
import { WireServer } from '../support/wire-server.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { until } from '../support/until.ts'

let server: WireServer
const open: { app: App; client: GameClient }[] = []

beforeEach(async () => {
  server = await WireServer.start()
})
afterEach(async () => {
  for (const { app, client } of open.splice(0)) await closeCleanly(app, client)
  await server.close()
})

function start(name: string): { app: App; client: GameClient } {
  const app = startApp({ name })
  const client = app.sdk.createGameClient({ url: server.url, timing: { minDelayMs: 20, longAbsenceMs: 60_000, probeTimeoutMs: 300 } })
  open.push({ app, client })
  return { app, client }
}
const reported = (name: string): boolean[] => server.foreground.get(`p-${name}`) ?? []

test('the server is told when the app goes to the background and when it comes back; nothing is sent before', async () => {
  const { app, client } = start('ann')
  await client.connect()
  await client.sync()
  expect(reported('ann')).toEqual([true])
  app.phone.hide()
  await until(() => reported('ann').length === 2, 'the background')
  app.phone.show()
  await until(() => reported('ann').length === 3, 'the foreground')
  expect(reported('ann')).toEqual([true, false, true])
})

test('a connection that begins in the background says so in its handshake', async () => {
  const { app, client } = start('ann')
  server.loginMs = 100
  const connected = client.connect()
  await until(() => server.logins === 1, 'the login')
  app.phone.hide()
  await connected
  expect(reported('ann')[0]).toBe(false)
  app.phone.show()
  await until(() => reported('ann').at(-1) === true, 'the foreground')
})

test('an app that goes to the background, or comes back, during its handshake reports it once that is done', async () => {
  const { app, client } = start('ann')
  server.handshakeMs = 200
  const connected = client.connect()
  await until(() => app.host.tasks.length === 1, 'a socket')
  app.phone.hide()
  await connected
  await until(() => reported('ann').length === 2, 'the background')
  expect(reported('ann')).toEqual([true, false])
  const { app: other, client: late } = start('ben')
  server.loginMs = 100
  const ready = late.connect()
  await until(() => server.logins === 2, 'the login')
  other.phone.hide()
  await until(() => other.host.tasks.length === 1, 'a socket')
  other.phone.show()
  await ready
  expect(reported('ben').at(-1)).toBe(true)
})

test('the snapshot has the number of spectators of the match, and nothing of another match', async () => {
  const { client: ann } = start('ann')
  const { client: ben } = start('ben')
  await Promise.all([ann.find({ mode: 'casual' }), ben.find({ mode: 'casual' })])
  expect(ann.snapshot.watchers).toBe(0)
  const socket = assertDefined(server.socketOf(assertDefined(ann.me).id))
  socket.emit('watchers', { matchId: assertDefined(ann.match).id, count: 7 })
  await until(() => ann.snapshot.watchers === 7, 'seven')
  socket.emit('watchers', { matchId: 'another', count: 3 })
  await until(() => ann.snapshot.watchers === 0, 'none')
  expect(ben.snapshot.watchers).toBe(0)
})

test('the record against an opponent comes from the server', async () => {
  const { client } = start('ann')
  expect(await client.headToHead('p-ben')).toEqual({ wins: 2, losses: 1, draws: 0, streak: 3 })
})

test.each([
  ['zh_CN', 'zh-CN'],
  ['en', 'en'],
])('a login in an app whose language is %s asks for %s', async (language, asked) => {
  const { app, client } = start('ann')
  app.host.wx.getAppBaseInfo = () => ({ language })
  await client.connect()
  expect(server.languages).toEqual([asked])
})

test('a player who leaves a match that is over withdraws their rematch request', async () => {
  const { client: ann } = start('ann')
  const { client: ben } = start('ben')
  await Promise.all([ann.find({ mode: 'casual', bestOf: 1 }), ben.find({ mode: 'casual', bestOf: 1 })])
  await Promise.all([ann.move('rock'), ben.move('paper')])
  await until(() => ann.match?.status === 'finished', 'the end')
  await ann.leave()
  expect(server.count('match:leave'), 'without a rematch request there is nothing to withdraw').toBe(0)
  await until(() => ben.match?.status === 'finished', 'the end')
  const { view } = assertDefined(server.matches.get(assertDefined(ben.match).id))
  const requested = [false, false]
  requested[assertDefined(ben.seat)] = true
  assertDefined(server.socketOf(assertDefined(ben.me).id)).emit('match', { ...view, version: view.version + 1, rematch: requested })
  await until(() => assertDefined(ben.match).rematch?.[assertDefined(ben.seat)] === true, 'the rematch request')
  await ben.leave()
  expect(server.count('match:leave')).toBe(1)
  expect(ben.match).toBeNull()
})
