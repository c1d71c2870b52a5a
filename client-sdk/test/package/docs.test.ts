import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import * as sdkForNode from '../../src/index.ts'
import { closeCleanly, online, startApp, type App } from '../support/app.ts'
import { ensurePackage, makeConsumer, type Consumer } from '../support/consumer.ts'
import { startEcho, type EchoServer } from '../support/echo-server.ts'
import { assertDefined } from '../support/assert-defined.ts'
import { runnable, snippetsOf } from '../support/snippets.ts'
import { until } from '../support/until.ts'
import { WireServer } from '../support/wire-server.ts'

const ROOT = join(import.meta.dirname, '../..')
const PAGES = ['README.md', 'README.zh-CN.md']
let consumer: Consumer
let server: WireServer
let own: EchoServer
beforeAll(async () => {
  await ensurePackage()
  consumer = makeConsumer()
  server = await WireServer.start()
  own = await startEcho()
  own.io.on('connection', (socket) => {
    socket.onAny((event: string, ...args: unknown[]) => {
      const ack = args.at(-1)
      if (typeof ack === 'function') (ack as (reply: unknown) => void)({ ok: true, data: event })
    })
  })
}, 60_000)
afterAll(async () => {
  consumer.remove()
  await server.close()
  await own.close()
})

type Names = Record<string, unknown>
/** Runs a snippet in an app; `names` are the globals of the app besides `require`. Returns its console. */
function run(code: string, app: App, names: Names = {}): unknown[][] {
  const lines: unknown[][] = []
  const log = (...words: unknown[]): void => void lines.push(words)
  const all: Names = {
    require: () => app.sdk,
    wx: app.host.wx,
    console: { log, warn: log },
    setTimeout: app.phone.setTimeout,
    ...names,
  }
  // oxlint-disable-next-line typescript/no-implied-eval -- a snippet of a page is text; this runs it
  new Function(...Object.keys(all), code)(...Object.values(all))
  return lines
}

describe.each(PAGES)('%s', (page) => {
  const snippets = snippetsOf(page)
  const snippet = (name: string): string =>
    assertDefined(
      snippets.find((each) => each.name === name),
      `a snippet ${name}`,
    ).code

  test.each(snippets.map(({ name, code }, i) => [name || `number ${i + 1}`, code]))('compiles: %s', (name, code) => {
    const types = name === 'node' ? [] : ['miniprogram-api-typings']
    expect(consumer.compile({ 'snippet.ts': code }, { types })).toBe('')
  })

  test('the first five minutes lead to a match that is played', async () => {
    const phones = ['ann', 'ben'].map((name) => {
      const app = startApp({ name: `${name}${page.length}` })
      const state: { options: Names; data: Names } = { options: {}, data: {} }
      run(runnable(snippet('app'), server.url), app, {
        App: (options: Names & { onLaunch(): void }) => {
          state.options = options
          options.onLaunch()
        },
      })
      const client = state.options['game'] as GameClient
      const pageOptions: Names[] = []
      run(runnable(snippet('page'), server.url), app, {
        getApp: () => state.options,
        Page: (options: Names) => pageOptions.push(options),
      })
      const shown = Object.assign({}, assertDefined(pageOptions[0])) as Names & {
        onLoad(): void
        onUnload(): void
        find(): Promise<void>
        play(event: unknown): Promise<void>
      }
      shown['setData'] = (data: Names) => Object.assign(state.data, data)
      return { app, client, shown, data: state.data }
    })
    for (const { client, shown } of phones) {
      shown.onLoad()
      await online(client)
    }
    await Promise.all(phones.map(({ shown }) => shown.find()))
    for (let round = 1; phones.every(({ data }) => data['over'] === ''); round++) {
      await Promise.all(
        phones.map(({ client, shown }) => shown.play({ currentTarget: { dataset: { move: client.seat === 0 ? 'rock' : 'scissors' } } })),
      )
      await until(() => phones.every(({ data }) => data['over'] !== '' || Number(data['round']) > round), `round ${round}`)
    }
    expect(new Set(phones.map(({ data }) => data['over']))).toEqual(new Set(['lost', 'won']))
    expect(phones[0]?.data).toMatchObject({ status: 'online', score: '2 : 0' })
    for (const { app, client, shown } of phones) {
      shown.onUnload()
      await closeCleanly(app, client)
    }
  })

  test('binary data and a server of your own', async () => {
    const app = startApp({ name: 'own' })
    const lines = run(runnable(snippet('binary'), own.url), app)
    await until(() => lines.length > 0, 'a reply')
    expect(lines[0]).toEqual([{ ok: true, data: 'stroke' }])
    expect(assertDefined(app.host.tasks[0]).call).toMatchObject({ tcpNoDelay: true, header: { 'x-room': '7' } })
    app.phone.off()
  })

  test('the connection by itself', async () => {
    const app = startApp({ name: 'own' })
    const lines = run(runnable(snippet('connection'), own.url), app)
    await until(() => lines.some(([word]) => word === 'order:list'), 'a reply')
    expect(lines.map(([word]) => word)).toContain('online')
    app.phone.off()
  })

  test('the smallest change from weapp.socket.io', async () => {
    const app = startApp({ name: 'own' })
    const lines = run(runnable(snippet('migration'), own.url), app)
    await until(() => lines.length > 0, 'connected')
    expect(lines).toEqual([['connected']])
    app.phone.off()
  })

  test('a bot in Node', async () => {
    const made: GameClient[] = []
    const sdk = {
      ...sdkForNode,
      createGameClient: (options: sdkForNode.GameClientOptions) => {
        const client = sdkForNode.createGameClient(options)
        made.push(client)
        return client
      },
    }
    const app = startApp({ name: `cat${page.length}` })
    run(runnable(snippet('node'), server.url), app, { require: () => sdk, Date })
    const client = app.sdk.createGameClient({ url: server.url })
    await client.find({ mode: 'casual', bestOf: 1 })
    await client.move('scissors')
    await until(() => client.match?.status === 'finished', 'the end')
    assertDefined(made[0]).close()
    await closeCleanly(app, client)
  })

  test('links to existing pages', () => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    for (const [, target = ''] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (!target.startsWith('http')) expect(existsSync(join(ROOT, target)), target).toBe(true)
    }
  })
})
