/** Every route has a limit: by player if the player is known, and by address in any case. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { RATES } from '../../server/src/http/limits.ts'
import { testCluster } from '../support/cluster.ts'
import { http, type HttpReply } from '../support/http.ts'
import { login } from '../support/player.ts'

let cluster: Cluster
let node: Service
let strict: Service

/** Of this many requests per minute, a quarter may come at once. */
const AT_ONCE = 12

beforeAll(async () => {
  cluster = await testCluster({ nodes: 1 })
  ;[node = expect.unreachable()] = cluster.nodes
  strict = await cluster.addNode({ API_PER_MINUTE: String(AT_ONCE * 4) })
})
afterAll(() => cluster?.close())

const ROUTES: [string, string][] = [
  ['POST', '/api/login'],
  ['GET', '/api/session'],
  ['DELETE', '/api/session'],
  ['PATCH', '/api/me'],
  ['PUT', '/api/me'],
  ['GET', '/api/avatars/x/y'],
  ['GET', '/api/leaderboard'],
  ['GET', '/api/matches'],
  ['GET', '/api/matches/x'],
  ['GET', '/api/online'],
  ['GET', '/api/nothing'],
]

let addresses = 0
async function codesOf(
  base: string,
  method: string,
  path: string,
  count: number,
  headers: Record<string, string> = {},
  body?: unknown,
): Promise<HttpReply<{ error?: { code: string; retryAfterMs?: number } }>[]> {
  const forwarded = `203.0.113.${(addresses += 1)}`
  const replies = []
  for (let i = 0; i < count; i += 1) {
    replies.push(
      await http<{ error?: { code: string; retryAfterMs?: number } }>(`${base}${path}`, {
        method,
        headers: { 'x-forwarded-for': forwarded, ...headers },
        body,
      }),
    )
  }
  return replies
}

test.each(ROUTES)('%s %s: an address without a session is told to wait', async (method, path) => {
  const replies = await codesOf(strict.url, method, path, AT_ONCE + 3)
  expect(replies[0]?.status).not.toBe(429)
  const last = replies.at(-1)
  expect(last).toMatchObject({ status: 429, body: { error: { code: 'rate_limited', retryAfterMs: expect.any(Number) } } })
  expect(Number(last?.headers['retry-after'])).toBeGreaterThan(0)
  // Another address is not limited.
  expect((await codesOf(strict.url, method, path, 1))[0]?.status).not.toBe(429)
})

test.each([
  ['GET', '/api/session', 'session', undefined],
  ['PATCH', '/api/me', 'profile', { nickname: 'often' }],
  ['PUT', '/api/me', 'profile', { nickname: 'often' }],
  ['GET', '/api/leaderboard', 'leaderboard', undefined],
  ['GET', '/api/matches', 'history', undefined],
] as const)('%s %s: a player is told to wait, whatever the address, and other players are not', async (method, path, rate, body) => {
  const { sessionId } = await login(node.url, `often-${method}-${rate}`)
  const count = RATES[rate].burst + 5
  // Sent together, because the limit refills every second.
  const batches = await Promise.all(
    Array.from({ length: 5 }, () => codesOf(node.url, method, path, Math.ceil(count / 2), { sessionid: sessionId }, body)),
  )
  const replies = batches.flat()
  expect(replies.some(({ status }) => status === 200)).toBe(true)
  expect(replies.some(({ status }) => status === 429)).toBe(true)
  const again = await codesOf(node.url, method, path, 2, { sessionid: sessionId }, body)
  expect(again.some(({ status, body: reply }) => status === 429 && reply.error?.code === 'rate_limited')).toBe(true)
  const other = await login(node.url, `other-${method}-${rate}`)
  expect((await codesOf(node.url, method, path, 1, { sessionid: other.sessionId }, body))[0]?.status).toBe(200)
})

test('a session that calls too often uses up none of the limit of its address, which others share', async () => {
  const [{ sessionId }, other] = [await login(strict.url, 'shared-flood'), await login(strict.url, 'shared-other')]
  const headers = { 'x-forwarded-for': '198.51.100.7' }
  const node = await cluster.addNode({ API_PER_MINUTE: '1200' })
  const codes = await Promise.all(
    Array.from(
      { length: 1000 },
      async () => (await http(`${node.url}/api/session`, { headers: { ...headers, sessionid: sessionId } })).status,
    ),
  )
  expect(codes.filter((code) => code === 429).length).toBeGreaterThan(700)
  expect((await http(`${node.url}/api/session`, { headers: { ...headers, sessionid: other.sessionId } })).status).toBe(200)
})

test("a change that is refused does not count towards the limit of a player's changes", async () => {
  const { sessionId } = await login(node.url, 'typing')
  await codesOf(node.url, 'PATCH', '/api/me', RATES.profile.burst + 5, { sessionid: sessionId }, { nickname: '' })
  expect((await codesOf(node.url, 'PATCH', '/api/me', 1, { sessionid: sessionId }, { nickname: 'typed' }))[0]?.status).toBe(200)
})

test('a request without a session does not have its picture read', async () => {
  const body = JSON.stringify({ avatar: 'A'.repeat(300_000) })
  const reply = await http<{ error: { code: string } }>(`${node.url}/api/me`, {
    method: 'PUT',
    headers: { sessionid: 'nobody', 'content-type': 'application/json' },
    body: `${body.slice(0, -1)}, not JSON`,
  })
  // If the picture were read, the reply would be "bad request".
  expect(reply).toMatchObject({ status: 401, body: { error: { code: 'session_expired' } } })
})
