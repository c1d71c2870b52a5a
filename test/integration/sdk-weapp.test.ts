import { afterAll, beforeAll, expect, test } from 'vitest'
import { finish, startDuel } from '../../client-sdk/test/support/duel.ts'
import { assertDefined } from '../../client-sdk/test/support/assert-defined.ts'
import { startApp } from '../../client-sdk/test/support/app.ts'
import { expectRecorded } from '../../client-sdk/test/support/recorded.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import { loadWeapp } from '../../client-sdk/test/support/weapp.ts'
import type { Ack, FindReply, MatchView } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { login } from '../support/player.ts'

/** `weapp.socket.io` 3.0.0, for apps that use it already: under our client, and by itself. */
let cluster: Cluster
beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, nginx: true })
})
afterAll(() => cluster.close())

test('weapp.socket.io as the io of our client plays a match to the end', async () => {
  const sides = await startDuel({
    url: cluster.info.url,
    names: ['weapp-a', 'weapp-b'],
    bestOf: 3,
    client: (app) => ({ io: loadWeapp(app) }),
  })
  expect((await finish(sides)).result).toEqual({ winner: sides[0].client.seat, reason: 'score' })
  await expectRecorded(cluster.info.mysql.url, sides)
  for (const { app, client } of sides) {
    client.close()
    await until(() => app.phone.timersRunning === 0 && app.host.listeners === 0, 'nothing of ours left')
    expect(app.phone.faults).toEqual([])
    app.phone.off()
  }
})

test('weapp.socket.io under our client comes back after the background and a change of network', async () => {
  const sides = await startDuel({
    url: cluster.info.url,
    names: ['weapp-c', 'weapp-d'],
    bestOf: 3,
    phone: { closeEvents: 'never' },
    timing: { longAbsenceMs: 0 },
    client: (app) => ({ io: loadWeapp(app) }),
  })
  const [{ app, client }] = sides
  app.phone.hide()
  app.phone.dropSockets()
  await until(() => client.state.status === 'suspended', 'suspended')
  app.phone.show()
  await until(() => client.state.status === 'online' && app.host.tasks.length === 2, 'a new connection')
  app.phone.setNetwork('4g')
  await until(() => client.state.status === 'online' && app.host.tasks.length === 3, 'another')
  await finish(sides)
  for (const side of sides) {
    side.client.close()
    side.app.phone.off()
  }
})

test('weapp.socket.io by itself logs in, finds a match and plays it to the end', async () => {
  const players = await Promise.all(
    ['weapp-e', 'weapp-f'].map(async (name) => {
      const app = startApp({ name })
      const { sessionId, player } = await login(cluster.info.url, name)
      const socket = loadWeapp(app)(cluster.info.url, { auth: { sessionId } })
      const state: { view: MatchView | null } = { view: null }
      socket.on('match', (view: MatchView) => {
        if (!state.view || view.version > state.view.version) state.view = view
      })
      await new Promise<void>((resolve) => socket.on('connect', resolve))
      return { app, socket, player, state }
    }),
  )
  const ask = <T>({ socket }: (typeof players)[number], event: string, request: object): Promise<Ack<T>> =>
    new Promise((resolve) => socket.emit(event, request, resolve))
  for (const player of players) {
    expect((await ask<FindReply>(player, 'match:find', { mode: 'casual', bestOf: 1 })).ok).toBe(true)
  }
  await until(() => players.every(({ state }) => state.view?.status === 'playing'), 'a match')
  await Promise.all(
    players.map((player, i) => {
      const { id, round } = assertDefined(player.state.view)
      return ask(player, 'match:move', { matchId: id, round, move: i ? 'scissors' : 'rock' })
    }),
  )
  await until(() => players.every(({ state }) => state.view?.status === 'finished'), 'the end')
  const { result, seats } = assertDefined(players[0]?.state.view)
  expect(seats[assertDefined(result?.winner)]?.player.id).toBe(players[0]?.player.id)
  for (const { app, socket } of players) {
    socket.disconnect()
    app.phone.off()
  }
})
