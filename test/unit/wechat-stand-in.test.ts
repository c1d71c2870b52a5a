import type { AddressInfo } from 'node:net'
import type { Server } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import { CODE_LIFE_MS, createCodes } from '../../tools/wechat/codes.ts'
import { createStandIn, type StandInOptions } from '../../tools/wechat/stand-in.ts'

describe('codes', () => {
  const NOW = 1_800_000_000_000

  test('a code opens the account of its name, with and without a nonce', () => {
    const codes = createCodes()
    expect(codes.redeem('alice')).toEqual({ openid: 'alice' })
    expect(codes.redeem('alice.1')).toEqual({ openid: 'alice' })
    expect(codes.redeem('al-ice_2.x.y.z')).toEqual({ openid: 'al-ice_2' })
  })

  test('a code works once; another nonce is another code', () => {
    const codes = createCodes()
    codes.redeem('alice.1')
    expect(codes.redeem('alice.1')).toMatchObject({ errcode: 40163 })
    expect(codes.redeem('alice.1')).toMatchObject({ errcode: 40163 })
    expect(codes.redeem('alice.2')).toEqual({ openid: 'alice' })
  })

  test.each(['', '.1', 'al ice', 'älice', 'a'.repeat(65), 'alice/../bob'])('"%s" is not a code', (code) => {
    expect(createCodes().redeem(code)).toMatchObject({ errcode: 40029 })
  })

  test('a name of 64 characters is allowed', () => {
    expect(createCodes().redeem('a'.repeat(64))).toEqual({ openid: 'a'.repeat(64) })
  })

  test('a code with a time ends five minutes after it', () => {
    const codes = createCodes({ now: () => NOW })
    expect(codes.redeem(`alice.${NOW - CODE_LIFE_MS}`)).toEqual({ openid: 'alice' })
    expect(codes.redeem(`bob.${NOW - CODE_LIFE_MS - 1}.x`)).toMatchObject({ errcode: 40029 })
    expect(codes.redeem('carol.123456789012')).toEqual({ openid: 'carol' })
  })

  test('a used code is refused for five minutes and remembered no longer', () => {
    let now = NOW
    const codes = createCodes({ now: () => now })
    codes.redeem('alice')
    now += CODE_LIFE_MS - 1
    expect(codes.redeem('alice')).toMatchObject({ errcode: 40163 })
    now += 1
    expect(codes.redeem('bob')).toEqual({ openid: 'bob' })
    expect(codes.size).toBe(1)
  })

  test('memory is bounded: the oldest are forgotten first', () => {
    const codes = createCodes({ limit: 3 })
    for (const name of ['a', 'b', 'c', 'd', 'e']) codes.redeem(name)
    expect(codes.size).toBe(3)
    expect(codes.redeem('e')).toMatchObject({ errcode: 40163 })
    expect(codes.redeem('a')).toEqual({ openid: 'a' })
  })

  test.each([
    ['error.-1', -1],
    ['error.40226', 40226],
    ['error.45011.again', 45011],
  ])('%s returns %i every time', (code, errcode) => {
    const codes = createCodes()
    expect(codes.redeem(code)).toMatchObject({ errcode })
    expect(codes.redeem(code)).toMatchObject({ errcode })
    expect(codes.size).toBe(0)
  })
})

describe('the server', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.close()
    server?.closeAllConnections()
  })

  async function start(options: StandInOptions = {}): Promise<(query: Record<string, string>, signal?: AbortSignal) => Promise<Response>> {
    const started = createStandIn(options)
    server = started
    await new Promise<void>((resolve) => void started.listen(0, '127.0.0.1', resolve))
    const base = `http://127.0.0.1:${(started.address() as AddressInfo).port}/sns/jscode2session`
    return (query, signal) => fetch(`${base}?${new URLSearchParams(query).toString()}`, signal ? { signal } : {})
  }

  const GOOD = { appid: 'wx1', secret: 's', js_code: 'alice.1', grant_type: 'authorization_code' }

  test('replies as WeChat does: JSON that is labelled as text', async () => {
    const ask = await start()
    const response = await ask(GOOD)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain')
    const body = (await response.json()) as Record<string, string>
    expect(Object.keys(body).sort()).toEqual(['openid', 'session_key'])
    expect(body['openid']).toBe('alice')
    expect(Buffer.from(body['session_key'] ?? '', 'base64')).toHaveLength(16)
  })

  test.each([
    [{ appid: '' }, 41002],
    [{ appid: 'nonsense' }, 40013],
    [{ secret: '' }, 41004],
    [{ secret: 'wrong' }, 40125],
    [{ grant_type: 'client_credential' }, 40002],
    [{ js_code: '' }, 41008],
    [{ js_code: `a.${'b'.repeat(600)}` }, 40029],
  ])('%o is refused with %i, and the code stays unused', async (change, errcode) => {
    const ask = await start({ secret: 's' })
    const body = await (await ask({ ...GOOD, ...change })).json()
    expect(body).toMatchObject({ errcode })
    expect(body).toHaveProperty('errmsg', expect.stringContaining('rid: '))
    expect(await (await ask(GOOD)).json()).toMatchObject({ openid: 'alice' })
  })

  test('any secret is accepted if none is configured', async () => {
    const ask = await start()
    expect(await (await ask({ ...GOOD, secret: 'whatever' })).json()).toMatchObject({ openid: 'alice' })
  })

  test('error.timeout gets no reply', async () => {
    const ask = await start()
    await expect(ask({ ...GOOD, js_code: 'error.timeout' }, AbortSignal.timeout(300))).rejects.toThrow(/timeout/)
  })
})
