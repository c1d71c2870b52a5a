import sharp, { type Sharp } from 'sharp'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { PNG } from '../support/picture.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
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

test('a picture that a player sends is at their avatarUrl on every node, until they send another', async () => {
  const { sessionId, player } = await login(url, 'avatar-one')
  const first = await change(sessionId, { avatar: PNG.toString('base64'), nickname: '画' })
  expect(first).toMatchObject({ status: 200, body: { player: { nickname: '画' } } })
  const { avatarUrl } = first.body.player
  expect(avatarUrl).toMatch(new RegExp(`^${url}/api/avatars/${player.id}/[0-9a-f]{32}$`))
  for (const base of [url, ...cluster.info.nodes.map((node) => node.url)]) {
    const response = await fetch(
      base.startsWith('https') ? avatarUrl.replace(url, cluster.info.nodes[0]?.url ?? '') : avatarUrl.replace(url, base),
    )
    expect(response.headers.get('content-type')).toBe('image/jpeg')
    expect(response.headers.get('cache-control')).toContain('immutable')
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
    expect(await sharp(await response.arrayBuffer()).metadata()).toMatchObject({ format: 'jpeg', width: 1, height: 1 })
  }
  expect((await http(avatarUrl)).status).toBe(200)
  expect((await change(sessionId, { avatar: PNG.toString('base64') })).body.player.avatarUrl).toBe(avatarUrl)
  const other = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
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
])('a picture that is %s is refused and changes nothing', async (what, body) => {
  const { sessionId } = await login(url, `avatar-${what.replaceAll(' ', '-')}`)
  const { status, body: reply } = await change(sessionId, { ...body, nickname: 'other' })
  expect({ status, code: reply.error.code }).toEqual({ status: what === 'far too large' ? 413 : 400, code: 'bad_request' })
  expect((await http<Reply>(`${url}/api/session`, { headers: { sessionid: sessionId } })).body.player).toMatchObject({ avatarUrl: '' })
})

test('the largest picture passes, bodies of other calls stay small, and the rate of picture changes is limited', async () => {
  const { sessionId } = await login(url, 'avatar-large')
  // Data that follows the picture in the file is neither examined nor kept.
  const large = Buffer.concat([PNG, Buffer.alloc(262_144 - PNG.length)])
  expect((await change(sessionId, { avatar: large.toString('base64') })).status).toBe(200)
  expect((await http(`${url}/api/login`, { method: 'POST', body: { code: 'x'.repeat(40_000) } })).status).toBe(400)
  const codes = []
  for (let time = 0; time < 6; time += 1) {
    const reply = await http<Reply>(`${cluster.info.nodes[0]?.url}/api/me`, {
      method: 'PUT',
      headers: { sessionid: sessionId },
      body: { avatar: PNG.toString('base64') },
    })
    codes.push(reply.status === 200 ? 'ok' : reply.body.error.code)
  }
  expect(codes.at(-1)).toBe('rate_limited')
  expect((await change('nobody', { avatar: PNG.toString('base64') })).body.error.code).toBe('session_expired')
})

const plain = (width: number, height: number): Sharp => sharp({ create: { width, height, channels: 3, background: '#336699' } })
async function kept(name: string, picture: Buffer): Promise<{ status: number; code?: string; image?: Buffer; headers?: Headers }> {
  const { sessionId } = await login(url, name)
  const { status, body } = await change(sessionId, { avatar: picture.toString('base64') })
  if (status !== 200) return { status, code: body.error.code }
  const response = await fetch(body.player.avatarUrl.replace(url, cluster.info.nodes[0]?.url ?? ''))
  return { status, image: Buffer.from(await response.arrayBuffer()), headers: response.headers }
}

test('only the pixels of a picture are kept: no place, camera, comment, thumbnail or appended data', async () => {
  const exif = {
    IFD0: { Make: 'SECRET camera', Artist: 'SECRET name' },
    IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '39/1 54/1 0/1', GPSLongitudeRef: 'E', GPSLongitude: '116/1 23/1 0/1' },
  }
  for (const [name, picture] of [
    ['jpeg', await plain(300, 200).withExif(exif).jpeg().toBuffer()],
    ['png', await plain(300, 200).withExif(exif).png().toBuffer()],
    ['webp', await plain(300, 200).withExif(exif).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET</x:xmpmeta>').webp().toBuffer()],
  ] as const) {
    expect(picture.includes('SECRET')).toBe(true)
    const { status, image = Buffer.alloc(0) } = await kept(`exif-${name}`, Buffer.concat([picture, Buffer.from('<script>SECRET</script>')]))
    expect(status).toBe(200)
    expect(image.includes('SECRET')).toBe(false)
    const found = await sharp(image).metadata()
    expect(found).toMatchObject({ format: 'jpeg', width: 200, height: 200 })
    for (const part of ['exif', 'xmp', 'iptc', 'icc', 'comments', 'orientation'] as const) expect(found[part], part).toBeUndefined()
  }
})

test('a picture is square, at most 256 pixels wide, and upright as the phone meant it', async () => {
  // Blue on the left, red on the right, and a tag that says that the picture lies on its side.
  const red = await sharp({ create: { width: 600, height: 800, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const rotated = await sharp({ create: { width: 1200, height: 800, channels: 3, background: 'blue' } })
    .composite([{ input: red, left: 600, top: 0 }])
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer()
  const { image } = await kept('lying', rotated)
  const { data, info } = await sharp(image).raw().toBuffer({ resolveWithObject: true })
  expect(info).toMatchObject({ width: 256, height: 256 })
  const pixel = (x: number, y: number): number[] =>
    [...data.subarray((y * 256 + x) * 3, (y * 256 + x) * 3 + 3)].map((value) => (value > 128 ? 1 : 0))
  expect(pixel(128, 20)).toEqual([0, 0, 1])
  expect(pixel(128, 236)).toEqual([1, 0, 0])
})

test.each<[string, () => Promise<Buffer>]>([
  [
    'more pixels than any phone makes, in few bytes',
    () =>
      sharp({ create: { width: 14_000, height: 14_000, channels: 3, background: 'white' }, limitInputPixels: false })
        .toColourspace('b-w')
        .png({ palette: true, colours: 2, compressionLevel: 9 })
        .toBuffer(),
  ],
  ['one side too long', () => plain(16_000, 1100).png({ palette: true, colours: 2 }).toBuffer()],
  ['the first three bytes of a JPEG', async () => Buffer.from([0xff, 0xd8, 0xff])],
  ['half a JPEG', async () => (await plain(300, 300).jpeg().toBuffer()).subarray(0, 700)],
  ['half a PNG', async () => PNG.subarray(0, 40)],
  [
    'HTML that begins like a JPEG',
    async () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xfe]), Buffer.from('<html><script>alert(1)</script>')]),
  ],
  ['a GIF', () => plain(9, 9).gif().toBuffer()],
  ['a TIFF', () => plain(9, 9).tiff().toBuffer()],
  [
    'an SVG after the signature of a PNG',
    async () => Buffer.concat([PNG.subarray(0, 8), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]),
  ],
  ['nothing but zeros', async () => Buffer.alloc(100_000)],
])('%s is refused', async (what, make) => {
  const picture = await make()
  expect(picture.length).toBeLessThanOrEqual(262_144)
  expect(await kept(`odd-${what.slice(0, 14).replaceAll(' ', '-')}`, picture)).toEqual({ status: 400, code: 'bad_request' })
})

test('many pictures at once are processed one after the other, and every request gets a reply', async () => {
  const picture = (await plain(3000, 3000).jpeg().toBuffer()).toString('base64')
  const people = await Promise.all(Array.from({ length: 14 }, (_, index) => login(url, `many-${index}`)))
  const replies = await Promise.all(
    people.map(({ sessionId }) =>
      http<Reply>(`${cluster.info.nodes[0]?.url}/api/me`, { method: 'PUT', headers: { sessionid: sessionId }, body: { avatar: picture } }),
    ),
  )
  const codes = replies.map(({ status, body }) => (status === 200 ? 'ok' : body.error.code))
  expect(new Set(codes)).toEqual(new Set(['ok', 'overloaded']))
  expect(codes.filter((code) => code === 'ok').length).toBeGreaterThanOrEqual(9)
})

test('the address of a picture comes from the configuration, whatever host a request names', async () => {
  const { sessionId, player } = await login(url, 'spoofed')
  const spoofed = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp', forwarded: 'host=evil.example' }
  for (const base of [url, cluster.info.nodes[1]?.url ?? '']) {
    const reply = await http<Reply>(`${base}/api/me`, {
      method: 'PUT',
      headers: { sessionid: sessionId, ...spoofed },
      body: { avatar: PNG.toString('base64') },
    })
    expect(reply.body.player.avatarUrl).toMatch(new RegExp(`^${url}/api/avatars/${player.id}/`))
  }
})

test('an address may only be one of WeChat, or that of the player’s own picture', async () => {
  const { sessionId } = await login(url, 'addresses')
  const mine = (await change(sessionId, { avatar: PNG.toString('base64') })).body.player.avatarUrl
  expect((await change(sessionId, { avatarUrl: 'https://thirdwx.qlogo.cn/mmopen/vi_32/x/132' })).body.player.avatarUrl).toBe(
    'https://thirdwx.qlogo.cn/mmopen/vi_32/x/132',
  )
  expect(await change(sessionId, { avatarUrl: 'https://tracker.example/pixel.gif' })).toMatchObject({
    status: 400,
    body: { error: { code: 'bad_request', message: expect.stringContaining('avatarUrl') } },
  })
  expect((await change(sessionId, { avatarUrl: mine })).body.player.avatarUrl).toBe(mine)
  expect((await change(sessionId, { avatarUrl: '' })).body.player.avatarUrl).toBe('')
})
