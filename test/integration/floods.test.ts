/** Guarantee 11: the cost of one connection for a node is bounded, whatever it sends and however slowly it reads. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { login, TestPlayer } from '../support/player.ts'
import { frame, rawWebSocket, type RawWebSocket } from '../support/raw-websocket.ts'

/** As the README says. */
const MEMORY_MB = 64
const CPU_SECONDS = 1

let cluster: Cluster
let url: string
let pid: number
let watcher: TestPlayer

beforeAll(async () => {
  cluster = await testCluster({ nodes: 1 })
  ;({ url, pid } = cluster.info.nodes[0] ?? expect.unreachable())
  watcher = await TestPlayer.join('flood-watcher', url)
})
afterAll(async () => {
  watcher?.close()
  await cluster?.close()
})

const residentMb = (): number => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
/** User and system time together; the kernel counts in hundredths of a second. */
const cpuSeconds = (): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** Writes the block repeatedly for as long as the server accepts it. Returns how many bytes were accepted. */
async function flood(
  { socket, closed }: RawWebSocket,
  block: Buffer,
  ms: number,
): Promise<{ sent: number; peakMb: number; worstMs: number }> {
  const until = performance.now() + ms
  let [sent, peakMb, worstMs] = [0, 0, 0]
  while (!closed() && performance.now() < until) {
    for (let i = 0; i < 50 && !closed() && socket.writableLength < 2_000_000; i += 1) {
      socket.write(block)
      sent += block.length
    }
    const asked = performance.now()
    await watcher.request('match:sync').catch(() => sleep(200))
    worstMs = Math.max(worstMs, performance.now() - asked)
    peakMb = Math.max(peakMb, residentMb())
    await sleep(20)
  }
  return { sent, peakMb, worstMs }
}

const times = (count: number, piece: Buffer): Buffer => Buffer.concat(Array.from({ length: count }, () => piece))

interface Flood {
  /** Whether the connection has a session. */
  session: boolean
  /** Whether the client reads its input. */
  reads: boolean
  block: Buffer
}
const FLOODS: Record<string, Flood> = {
  'events that do not exist': { session: true, reads: true, block: times(2000, frame('42["x"]')) },
  'commands with an acknowledgement, unread': { session: true, reads: false, block: times(1000, frame('421["match:sync"]')) },
  'CONNECT to namespaces that do not exist, unread': { session: true, reads: false, block: times(200, frame(`40/${'n'.repeat(1000)},`)) },
  'unexpected acknowledgements': { session: true, reads: true, block: times(2000, frame('43999[]')) },
  noops: { session: true, reads: true, block: times(2000, frame('6')) },
  pongs: { session: true, reads: true, block: times(2000, frame('3')) },
  'pings of WebSocket, unread': { session: true, reads: false, block: times(1000, frame('p'.repeat(125), 'ping')) },
  'fragments of nothing': { session: true, reads: true, block: times(20_000, frame('', 'continuation', false)) },
  'messages of 900 KB': { session: true, reads: true, block: frame(`42["match:move","${'x'.repeat(900_000)}"]`) },
  'nested arrays': { session: true, reads: true, block: frame(`42["match:move",${'['.repeat(400_000)}${']'.repeat(400_000)}]`) },
  'binary attachments': {
    session: true,
    reads: true,
    block: times(10, Buffer.concat([frame('459-["x",{"_placeholder":true,"num":0}]'), frame('x'.repeat(50_000))])),
  },
  'events before CONNECT': { session: false, reads: true, block: times(2000, frame('42["x"]')) },
  'CONNECT without a session': { session: false, reads: false, block: times(500, frame('40{"sessionId":"x"}')) },
  'CONNECT to namespaces, without a session': { session: false, reads: false, block: times(200, frame(`40/${'n'.repeat(1000)},`)) },
  'a message that never ends, without a session': {
    session: false,
    reads: true,
    block: Buffer.concat([frame('4'.repeat(100_000), 'text', false)]),
  },
  'pings of WebSocket, without a session': { session: false, reads: false, block: times(1000, frame('p'.repeat(125), 'ping')) },
}

test.each(Object.entries(FLOODS))(
  '%s: cut off, and neither memory nor processor are exhausted',
  async (name, { session, reads, block }) => {
    const sessionId = session ? (await login(url, `flood-${name.slice(0, 12).replaceAll(' ', '')}`)).sessionId : undefined
    const client = await rawWebSocket(url, sessionId)
    if (!reads) client.socket.pause()
    const [memory, cpu, started] = [residentMb(), cpuSeconds(), performance.now()]
    if (name === 'fragments of nothing') client.socket.write(frame('4', 'text', false))
    const { peakMb, worstMs } = await flood(client, block, 8000)
    const cpuUsed = cpuSeconds() - cpu
    if (process.env['SHOW_FLOODS'])
      console.log(
        name,
        `+${Math.round(peakMb - memory)} MB, ${cpuUsed.toFixed(2)} s of the processor, another player waited ${Math.round(worstMs)} ms`,
      )
    expect(client.closed(), 'closed').toBe(true)
    expect(performance.now() - started).toBeLessThan(8000)
    expect(peakMb - memory).toBeLessThan(MEMORY_MB)
    expect(cpuUsed).toBeLessThan(CPU_SECONDS)
    // The event loop was never blocked for long.
    expect(worstMs).toBeLessThan(1000)
    const metrics = (await http<string>(`${url}/metrics`)).body
    expect(metrics).toMatch(/caiquan_connections_cut_total\{reason="\w+",/)
    // The player may come back: only the connection was cut.
    client.socket.destroy()
  },
)

test('a player who sends as much as the limits allow, for any time, keeps a small part of a core busy', async () => {
  const client = await rawWebSocket(url, (await login(url, 'flood-steady')).sessionId)
  const SECONDS = 5
  const cpu = cpuSeconds()
  // Commands with an acknowledgement, slightly below the limit of packets.
  for (let piece = 0; piece < SECONDS * 20; piece += 1) {
    for (let i = 0; i < 4; i += 1) client.socket.write(frame('421["match:sync"]'))
    await sleep(50)
  }
  const share = (cpuSeconds() - cpu) / SECONDS
  if (process.env['SHOW_FLOODS']) console.log(`steady: ${(share * 100).toFixed(1)} % of a core`)
  expect(client.closed()).toBe(false)
  expect(share).toBeLessThan(0.1)
  client.socket.destroy()
})

test('a hundred connections without a session at their limits cost less than the limit of one that has a session', async () => {
  const memory = residentMb()
  const clients = await Promise.all(Array.from({ length: 100 }, () => rawWebSocket(url)))
  for (const client of clients) {
    client.socket.pause()
    client.socket.write(frame(`42["${'x'.repeat(30_000)}`, 'text', false))
  }
  await sleep(1000)
  expect(residentMb() - memory).toBeLessThan(MEMORY_MB)
  for (const client of clients) client.socket.destroy()
})

test('long polling is counted like a WebSocket: packets, requests and bodies', async () => {
  const open = async (): Promise<string> => {
    const { body } = await http<string>(`${url}/socket.io/?EIO=4&transport=polling`)
    return /"sid":"([^"]+)"/.exec(body)?.[1] ?? expect.unreachable(body)
  }
  const post = (sid: string, body: string) =>
    fetch(`${url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body })
  const packets = await open()
  await post(packets, Array.from({ length: 50 }, () => '6').join('\u001e'))
  expect((await post(packets, '6')).status).toBe(400)
  const body = await open()
  expect((await post(body, `4${'x'.repeat(40_000)}`)).status).toBe(413)
  const requests = await open()
  const codes = []
  for (let i = 0; i < 30; i += 1) codes.push((await post(requests, '6')).status)
  expect(codes[0]).toBe(200)
  expect(codes.at(-1)).toBe(400)
})

test('an honest client with a slow network, an idle one, and one that upgrades are left alone', async () => {
  const honest = [
    await TestPlayer.join('honest-ws', url),
    await TestPlayer.join('honest-upgrade', url, { transports: ['polling', 'websocket'] }),
    await TestPlayer.join('honest-polling', url, { transports: ['polling'] }),
  ]
  for (let i = 0; i < 40; i += 1) {
    for (const player of honest) expect(await player.raw('match:sync')).toMatchObject({ ok: true })
    await sleep(110)
  }
  for (const player of honest) {
    expect(player.socket.connected).toBe(true)
    player.close()
  }
})
