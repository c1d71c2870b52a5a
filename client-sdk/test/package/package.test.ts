import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ENTRIES } from '../../build/bundles.ts'
import { ensurePackage, makeConsumer, TSC, TSC_6, type Consumer } from '../support/consumer.ts'

const ROOT = join(import.meta.dirname, '../..')
let consumer: Consumer
beforeAll(async () => {
  await ensurePackage()
  consumer = makeConsumer()
}, 60_000)
afterAll(() => consumer.remove())

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  dependencies?: object
  peerDependencies?: object
  miniprogram: string
}

test.each(['.', 'build', 'examples', 'test'])('%s compiles; the sources with nothing but the language', (folder) => {
  const { stdout } = spawnSync(process.execPath, [TSC, '-p', join(ROOT, folder)], { encoding: 'utf8' })
  expect(stdout).toBe('')
})

test('the package depends on no other', () => {
  expect(manifest.dependencies).toBeUndefined()
  expect(manifest.peerDependencies).toBeUndefined()
  expect(manifest.miniprogram).toBe('miniprogram_dist')
})

test('publint finds nothing', async () => {
  const { messages, pkg } = await publint({ pkgDir: ROOT, strict: true, pack: false })
  expect(messages.map((message) => formatMessage(message, pkg))).toEqual([])
})

const specifier = (entry: string): string => (entry === 'index' ? 'caiquan-client' : `caiquan-client/${entry}`)
const EXPECTED: Record<(typeof ENTRIES)[number], string[]> = {
  index: ['createConnection', 'createGameClient', 'createLogin', 'GameError', 'io', 'WxTransport'],
  connection: ['createConnection', 'GameError', 'io', 'WxTransport'],
  login: ['createLogin', 'GameError'],
  transport: ['io', 'WebSocketTransport', 'WxTransport'],
  cloud: ['cloudHosting'],
}

describe.each(ENTRIES)('the entry %s', (entry) => {
  const names = EXPECTED[entry]
  const kinds = names.map(() => 'function').join(' ')
  test('is imported as a module', () => {
    const script = `import * as sdk from '${specifier(entry)}'; console.log(${names.map((name) => `typeof sdk.${name}`).join(', ')})`
    expect(consumer.run(script, 'module')).toBe(kinds)
  })
  test('is required, as Jest does by default', () => {
    const script = `const sdk = require('${specifier(entry)}'); console.log(${names.map((name) => `typeof sdk.${name}`).join(', ')})`
    expect(consumer.run(script, 'commonjs')).toBe(kinds)
  })
  test.each([
    ['node16 as a module', 'mts', { module: 'node16', moduleResolution: 'node16' }, TSC],
    ['node16 as CommonJS', 'cts', { module: 'node16', moduleResolution: 'node16' }, TSC],
    ['nodenext', 'mts', { module: 'nodenext', moduleResolution: 'nodenext' }, TSC],
    ['bundler', 'ts', {}, TSC],
    ['node10', 'ts', { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0' }, TSC_6],
  ])('has its types under %s', (_, extension, options, tsc) => {
    const source = `import { ${names.join(', ')} } from '${specifier(entry)}'; export const all = [${names.join(', ')}]`
    expect(consumer.compile({ [`plain.${extension}`]: source }, options, tsc)).toBe('')
  })
  test('has source maps that name its sources', () => {
    for (const folder of ['dist/esm', 'dist/cjs', 'miniprogram_dist']) {
      const files = readdirSync(join(ROOT, folder)).filter((name) => name.endsWith('.js'))
      const maps = files.filter((name) => existsSync(join(ROOT, folder, `${name}.map`)))
      expect(maps.length, folder).toBeGreaterThan(0)
      for (const name of maps) {
        const { sources } = JSON.parse(readFileSync(join(ROOT, folder, `${name}.map`), 'utf8')) as { sources: string[] }
        expect(sources.length).toBeGreaterThan(0)
      }
    }
  })
})

test('the mini-program file is exported', () => {
  expect(consumer.run("console.log(typeof require('caiquan-client/miniprogram').createGameClient)", 'commonjs')).toBe('function')
})

test('one class of errors, whichever entries a program uses together', () => {
  const script = `
    const { GameError } = require('caiquan-client')
    const other = require('caiquan-client/connection')
    const login = require('caiquan-client/login')
    console.log(GameError === other.GameError, GameError === login.GameError)`
  expect(consumer.run(script, 'commonjs')).toBe('true true')
})

describe('the types', () => {
  const GOOD = `
    import { createGameClient, GameError, io, WxTransport, type MatchView, type Move } from 'caiquan-client'

    const client = createGameClient({ url: 'https://game.example.com', wx })
    const stop: () => void = client.subscribe(({ match, seat, connection }) => {
      const view: MatchView | null = match
      if (view && seat !== null && connection.status === 'online') void client.move('rock')
    })
    client.on('emote', ({ emote, seat }) => { const word: string = emote; const place: 0 | 1 = seat; void word; void place })
    async function play(): Promise<void> {
      const { id } = await client.find({ mode: 'ranked', bestOf: 3 })
      const { code } = await client.createRoom(5)
      try { await client.joinRoom(code + id) } catch (error) {
        if (error instanceof GameError && error.code === 'room_full') console.log(error.retryAfterMs)
      }
    }
    interface Up { chat: (text: string, ack: (length: number) => void) => void }
    interface Down { news: (headline: string) => void }
    const socket = io<Down, Up>('wss://example.com', { transports: [WxTransport] })
    socket.on('news', (headline) => headline.toUpperCase())
    const length: Promise<number> = socket.timeout(500).emitWithAck('chat', 'hi')
    Page({ onLoad() { client.bindPage(this, ({ match }) => ({ round: match && match.round })) } })
    const move: Move = 'paper'
    void play; void stop; void length; void move
  `
  const WX = { types: ['miniprogram-api-typings'] }

  test('fit a mini program, whose real wx is accepted as it is', () => {
    expect(consumer.compile({ 'app.ts': GOOD }, WX)).toBe('')
  })
  test('fit without anything but the language, with every library checked', () => {
    const source = `import { createGameClient, type WxApi } from 'caiquan-client'
      declare const wx: WxApi
      export const client = createGameClient({ url: 'https://x', wx, login: () => 'code' })`
    expect(consumer.compile({ 'plain.ts': source })).toBe('')
  })
  const OWN = `
    import { createConnection, createGameClient, type Connection } from 'caiquan-client'
    interface Gomoku {
      move: { x: number; y: number }
      game: { board: string[] }
      commands: { 'match:chat': { request: { text: string }; reply: { id: number } } }
      events: { chat: (message: { text: string }) => void }
    }
    const game = createGameClient<Gomoku>({ url: 'https://x' })
    type Reply = { ok: true; data: boolean } | { ok: false; error: unknown }
    interface Commands {
      list: { request: { page?: number }; reply: string[] }
      pay: (order: { id: string }, ack: (reply: Reply) => void) => void
    }
    interface Events { news: (headline: string, at: number) => void }
    const shop = createConnection<Commands, Events>({ url: 'https://y', timing: { ackTimeoutMs: undefined } })
    const any: Connection = createConnection({ url: 'https://z' })
    void game; void shop; void any
  `
  test('of a team’s own game and server are followed', () => {
    const good = `${OWN}
      async function use(): Promise<void> {
        await game.move({ x: 1, y: 2 })
        const board: string[] | undefined = game.match?.game?.board
        const { id } = await game.request('match:chat', { text: 'hi' })
        game.on('chat', ({ text }) => text.trim())
        game.on('emote', ({ emote }) => emote)
        const list: string[] = await shop.request('list')
        const paid: boolean = await shop.request('pay', { id: '1' }, { repeat: true, timeoutMs: 1000 })
        shop.on('news', (headline, at) => headline.repeat(at))
        const anything: unknown = await any.request('whatever', 7)
        any.on('event', (n: number) => n)
        void board; void id; void list; void paid; void anything
      }
      void use`
    expect(consumer.compile({ 'own.ts': good })).toBe('')
  })
  test.each([
    ['a move of another game', "void game.move('rock')"],
    ['an unknown command', "void game.request('match:chats', { text: 'hi' })"],
    ['a payload of another shape', 'void game.request("match:chat", { words: 1 })'],
    ['a missing payload', 'void game.request("match:chat")'],
    ['an unknown event', "game.on('chats', () => undefined)"],
    ['a command that the own server does not have', "void shop.request('lists')"],
    ['an unknown option', "void shop.request('list', {}, { retries: 3 })"],
  ])('of a team’s own refuse %s', (_, line) => {
    expect(consumer.compile({ 'wrong.ts': `${OWN}\n${line}` })).toContain('error TS')
  })
  test.each([
    ['an unknown move', "client.move('lizard')"],
    ['an unknown mode', "client.find({ mode: 'solo' })"],
    ['a best of four', 'client.createRoom(4)'],
    ['an unknown event', "client.on('matches', () => undefined)"],
    ['an emote in free text', "client.emote('you fool')"],
    ['a search without a mode', 'client.find({})'],
    ['watching nothing', 'client.watch({})'],
    ['writing the state', 'client.snapshot.match = null'],
    ['a client without a server', 'createGameClient({ wx: undefined })'],
    ['an event that the server does not send', "io<{ news: () => void }>('wss://x').on('gossip', () => undefined)"],
  ])('refuse %s', (_, line) => {
    const source = `import { createGameClient, io } from 'caiquan-client'
      const client = createGameClient({ url: 'https://x' })
      void client; void io
      ${line}`
    expect(consumer.compile({ 'wrong.ts': source })).toMatch(/^wrong\.ts\(4,/)
  })
  test("let WxTransport into the official client's transports", () => {
    const source = `import { WxTransport } from 'caiquan-client'
      import type { ManagerOptions } from 'socket.io-client'
      export const options: Partial<ManagerOptions> = { transports: [WxTransport] }`
    const options = {
      preserveSymlinks: false,
      skipLibCheck: true,
      paths: { 'socket.io-client': [join(ROOT, '../node_modules/socket.io-client')] },
    }
    expect(consumer.compile({ 'official.ts': source }, options)).toBe('')
  })
})
