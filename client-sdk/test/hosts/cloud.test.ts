import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import type * as Cloud from '../../src/cloud.ts'
import { startApp, type App } from '../support/app.ts'
import { CLOUD_FILE, ensureBuilt } from '../support/built.ts'
import { withCloud } from '../support/cloud-wx.ts'
import { loadInPhone } from '../support/realm.ts'
import { until } from '../support/until.ts'
import { WireServer } from '../support/wire-server.ts'

let server: WireServer
let app: App
let cloudWx: ReturnType<typeof withCloud>
let cloudHosting: typeof Cloud.cloudHosting
beforeAll(() => ensureBuilt())
beforeEach(async () => {
  server = await WireServer.start()
  app = startApp({ name: 'ann' })
  cloudWx = withCloud(app.host.wx, {
    phone: app.phone,
    env: 'prod-1',
    service: 'caiquan',
    openid: 'ann',
    target: () => server.url,
    socketOpenid: false,
  })
  ;({ cloudHosting } = loadInPhone(CLOUD_FILE, app.phone, app.host.wx) as typeof Cloud)
})
afterEach(() => server.close())

test('a service that does not exist is reported in WeChat’s own words', async () => {
  const client = app.sdk.createGameClient(cloudHosting({ env: 'prod-1', service: 'other', wx: cloudWx }))
  await expect(client.connect()).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('service not found') as string })
  client.close()
})

test('a socket that the cloud refuses is reported in WeChat’s own words, and tried again', async () => {
  const options = cloudHosting({ env: 'prod-1', service: 'caiquan', wx: cloudWx })
  const { connectContainer } = cloudWx.cloud
  cloudWx.cloud.connectContainer = ({ fail }) => fail({ errMsg: 'cloud.connectContainer:fail busy' })
  const client = app.sdk.createGameClient({ ...options, timing: { minDelayMs: 20 } })
  await expect(client.connect()).rejects.toMatchObject({ message: expect.stringContaining('busy') as string })
  cloudWx.cloud.connectContainer = connectContainer
  await until(() => client.state.status === 'online', 'online')
  client.close()
})

test('a service has one client in an app, however often its host is made', () => {
  const [one, two] = [1, 2].map(() => app.sdk.createGameClient(cloudHosting({ env: 'prod-1', service: 'caiquan', wx: cloudWx })))
  expect(one).toBe(two)
  expect(app.sdk.createGameClient(cloudHosting({ env: 'prod-2', service: 'caiquan', wx: cloudWx }))).not.toBe(one)
})

test('no socket is left of an attempt that was given up before the cloud had made it', async () => {
  const { connectSocket } = cloudHosting({ env: 'prod-1', service: 'caiquan', wx: cloudWx }).wx
  const task = connectSocket({ url: 'wss://any/socket.io/?EIO=4&transport=websocket' })
  task.onOpen(() => task.close({}))
  task.close({})
  await until(() => app.host.tasks.length === 1, 'the cloud to make the socket')
  await until(() => app.host.tasks.every(({ alive }) => !alive), 'its end')
})

test('a packet that is sent before the cloud has made the socket fails, and is not lost silently', async () => {
  const { connectSocket } = cloudHosting({ env: 'prod-1', service: 'caiquan', wx: cloudWx }).wx
  const failure = await new Promise<{ errMsg: string }>((fail) => connectSocket({ url: 'wss://any/' }).send({ data: 'x', fail }))
  expect(failure.errMsg).toContain('not open')
})

test('without cloud hosting, the error says what is needed', () => {
  expect(() => cloudHosting({ env: 'prod-1', service: 'caiquan' })).toThrow('base library 2.23.0')
})
