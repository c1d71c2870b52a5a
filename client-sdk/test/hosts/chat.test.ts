import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Message } from '../../examples/chat.ts'
import { ensurePackage } from '../support/consumer.ts'
import { fakeWx } from '../support/fake-wx.ts'
import { Phone } from '../support/phone.ts'
import { until } from '../support/until.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/chat.ts')
const http = createServer()
const tokens = new Map([
  ['t1', 'ann'],
  ['t2', 'ann'],
  ['t3', 'ben'],
])
beforeAll(async () => {
  await ensurePackage()
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve))
}, 60_000)
afterAll(() => void http.close())

test('the sample is under 80 lines', () => {
  expect(readFileSync(EXAMPLE, 'utf8').trimEnd().split('\n').length).toBeLessThan(80)
})

test('the chat of another team: nothing is lost or sent twice over lost connections, and a token that ended is replaced', async () => {
  const { createChat, startChatServer } = await import('../../examples/chat.ts')
  const io = startChatServer(http, tokens)
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
  const phone = new Phone({ closeEvents: 'always' })
  const shown: Record<string, Message[]> = { ann: [], ben: [] }
  let asked = 0
  const ann = createChat({
    url,
    wx: fakeWx({ phone, code: () => '' }).wx,
    timing: { minDelayMs: 20, maxDelayMs: 100 },
    token: () => Promise.resolve(++asked === 1 ? 't1' : 't2'),
    show: (message) => shown['ann']?.push(message),
  })
  const ben = createChat({ url, token: () => Promise.resolve('t3'), show: (message) => shown['ben']?.push(message) })
  await Promise.all([ann.connection.connect(), ben.connection.connect()])

  await ann.say('hello')
  await expect(ann.say(' ')).rejects.toMatchObject({ code: 'empty_message', temporary: false })
  phone.setNetwork('none')
  await until(() => ann.connection.state.status === 'offline', 'offline')
  const queued = ann.say('from the tunnel')
  await ben.say('are you there?')
  // The token ends while it cannot be renewed.
  tokens.delete('t1')
  phone.setNetwork('4g')
  await queued
  await until(() => shown['ann']?.length === 3 && shown['ben']?.length === 3, 'all messages')
  expect(shown['ann']?.map(({ text }) => text)).toEqual(['hello', 'are you there?', 'from the tunnel'])
  expect(shown['ben']).toEqual(shown['ann'])
  expect(asked).toBe(2)
  ann.connection.close()
  ben.connection.close()
  await io.close()
})
