import { afterAll, beforeAll, expect, test } from 'vitest'
import { PNG } from '../support/picture.ts'
import type { Cluster } from '../../ops/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login } from '../support/player.ts'

let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await testCluster({ nodes: 2, nginx: true })
  ;({ url } = cluster.info)
})
afterAll(() => cluster?.close())

interface Reply {
  player: { avatarUrl: string; nickname: string }
  error: { code: string; retryAfterMs?: number }
}
const change = (sessionid: string, body: unknown, method = 'PUT') => http<Reply>(`${url}/api/me`, { method, headers: { sessionid }, body })

test('a picture that a player sends is what everybody finds at his avatarUrl, from any node, until he sends another', async () => {
  const { sessionId, player } = await login(url, 'avatar-one')
  const first = await change(sessionId, { avatar: PNG.toString('base64'), nickname: '画' })
  expect(first).toMatchObject({ status: 200, body: { player: { nickname: '画' } } })
  const { avatarUrl } = first.body.player
  expect(avatarUrl).toMatch(new RegExp(`^${url}/api/avatars/${player.id}/[0-9a-f]{32}$`))
  for (const base of [url, ...cluster.info.nodes.map((node) => node.url)]) {
    const response = await fetch(base.startsWith('https') ? avatarUrl.replace(url, cluster.info.nodes[0]?.url ?? '') : avatarUrl.replace(url, base))
    expect(response.headers.get('content-type')).toBe('image/png')
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await response.arrayBuffer()).equals(PNG)).toBe(true)
  }
  expect((await http(avatarUrl)).status).toBe(200)
  expect((await change(sessionId, { avatar: PNG.toString('base64') })).body.player.avatarUrl).toBe(avatarUrl)
  const other = Buffer.concat([PNG, Buffer.from('more')])
  expect((await change(sessionId, { avatar: other.toString('base64') }, 'PATCH')).body.player.avatarUrl).not.toBe(avatarUrl)
  expect(await http(avatarUrl)).toMatchObject({ status: 404, body: { error: { code: 'not_found' } } })
})

test.each([
  ['no picture', { avatar: Buffer.from('<svg onload="alert(1)"/>').toString('base64') }],
  ['no base64', { avatar: 'not base64!' }],
  ['nothing', { avatar: '' }],
  ['a number', { avatar: 7 }],
  ['too large', { avatar: Buffer.concat([PNG, Buffer.alloc(262_144)]).toString('base64') }],
  ['far too large', { avatar: Buffer.concat([PNG, Buffer.alloc(1_000_000)]).toString('base64') }],
])('what is %s is refused and changes nothing', async (what, body) => {
  const { sessionId } = await login(url, `avatar-${what.replaceAll(' ', '-')}`)
  const { status, body: reply } = await change(sessionId, { ...body, nickname: 'other' })
  expect({ status, code: reply.error.code }).toEqual({ status: what === 'far too large' ? 413 : 400, code: 'bad_request' })
  expect((await http<Reply>(`${url}/api/session`, { headers: { sessionid: sessionId } })).body.player).toMatchObject({ avatarUrl: '' })
})

test('the largest picture passes, any other call stays small, and nobody changes his all the time', async () => {
  const { sessionId } = await login(url, 'avatar-large')
  const large = Buffer.concat([PNG, Buffer.alloc(262_144 - PNG.length)])
  expect((await change(sessionId, { avatar: large.toString('base64') })).status).toBe(200)
  expect((await http(`${url}/api/login`, { method: 'POST', body: { code: 'x'.repeat(40_000) } })).status).toBe(400)
  const codes = []
  for (let time = 0; time < 6; time += 1) {
    const reply = await http<Reply>(`${cluster.info.nodes[0]?.url}/api/me`, { method: 'PUT', headers: { sessionid: sessionId }, body: { avatar: PNG.toString('base64') } })
    codes.push(reply.status === 200 ? 'ok' : reply.body.error.code)
  }
  expect(codes.at(-1)).toBe('rate_limited')
  expect((await change('nobody', { avatar: PNG.toString('base64') })).body.error.code).toBe('session_expired')
})
