import { expect, test } from 'vitest'
import { readStartOptions } from '../../tools/start-options.ts'

const DEFAULTS = { nodes: 3, port: 8443, httpPort: 8080, data: '.data', game: 'rps', wechat: null }

test('without options: three nodes on the usual ports', () => {
  expect(readStartOptions([], {})).toEqual(DEFAULTS)
})

test('flags and environment do the same, and a flag wins', () => {
  const expected = { ...DEFAULTS, nodes: 5, port: 1, httpPort: 2, data: '/d' }
  expect(readStartOptions(['--nodes', '5', '--port=1', '--http-port', '2', '--data', '/d'], {})).toEqual(expected)
  expect(readStartOptions([], { NODES: '5', PORT: '1', HTTP_PORT: '2', DATA: '/d' })).toEqual(expected)
  expect(readStartOptions(['--nodes', '5'], { NODES: '7' })?.nodes).toBe(5)
  expect(readStartOptions([], { NODES: '', DATA: '' })).toEqual(DEFAULTS)
})

test.each([
  [['--nodes', '0'], '--nodes must be a whole number from 1 to 32, not "0"'],
  [['--nodes', '2.5'], '--nodes must be'],
  [['--port', '65536'], '--port must be a whole number from 0 to 65535'],
  [['--http-port', ''], '--http-port must be'],
  [['--port', '80', '--http-port', '80'], '--port and --http-port must differ'],
  [['--data', ''], '--data must name a folder'],
  [['--frobnicate'], "Unknown option '--frobnicate'"],
  [['stray'], "Unexpected argument 'stray'"],
])('%o is refused', (args, message) => {
  expect(() => readStartOptions(args, {})).toThrow(message)
})

test('a wrong variable is named', () => {
  expect(() => readStartOptions([], { NODES: 'many' })).toThrow('NODES must be')
})

test('any free ports may be requested', () => {
  expect(readStartOptions(['--port', '0', '--http-port', '0'], {})).toMatchObject({ port: 0, httpPort: 0 })
})

test('help', () => {
  expect(readStartOptions(['--help'], {})).toBeNull()
})

test("WeChat's own API is used with both credentials; one alone is a mistake", () => {
  expect(readStartOptions([], { WECHAT_APPID: 'wx1', WECHAT_SECRET: 's' })?.wechat).toEqual({
    url: 'https://api.weixin.qq.com',
    appid: 'wx1',
    secret: 's',
  })
  expect(() => readStartOptions([], { WECHAT_APPID: 'wx1' })).toThrow('belong together')
  expect(() => readStartOptions([], { WECHAT_SECRET: 's' })).toThrow('belong together')
})
