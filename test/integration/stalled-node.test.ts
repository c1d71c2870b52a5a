import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { io, type Socket } from 'socket.io-client'
import { afterEach, describe, expect, test } from 'vitest'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { createGameClient } from '../../client-sdk/src/client/create.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { nodeHost, trustOf } from '../../tools/play/host.ts'
import { testCluster } from '../support/cluster.ts'
import { login } from '../support/player.ts'

/** Guarantee 12: no player waits for a node that has stalled. STALL_PLAYERS=200 repeats the figures of docs/capacity.md. */
const PLAYERS = Number(process.env['STALL_PLAYERS'] ?? 60)
const STALL_MS = 12_000
/** How long a player of the SDK may wait: 2 s, and the round trips of connecting, which are some milliseconds here. */
const SDK_MS = 2000
const CONNECTING_MS = 500
const PLAIN_MS = 5000

let cluster: Cluster
const closers: (() => void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) close()
  await cluster?.close()
})

const ca = (): string => readFileSync(cluster.nginx?.certificate ?? '', 'utf8')

function players(name: string): GameClient[] {
  const trust = trustOf(ca())
  return Array.from({ length: PLAYERS }, (_, index) => {
    let codes = 0
    const client = createGameClient({
      url: cluster.info.url,
      host: nodeHost({ login: () => `${name}-${index}.${process.pid}x${++codes}`, trust }),
    })
    closers.push(() => client.close())
    return client
  })
}

async function took(run: () => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  await run()
  return Math.round(performance.now() - begun)
}

/** Stops a node from outside, as a machine that freezes does. Returns a function that lets it continue. */
function freeze(): () => void {
  const pid = cluster.nodes[0]?.pid ?? expect.unreachable()
  process.kill(pid, 'SIGSTOP')
  return () => {
    try {
      process.kill(pid, 'SIGCONT')
    } catch {
      // The node was killed meanwhile.
    }
  }
}

function report(who: string, ms: number[]): { p99: number; max: number } {
  const sorted = ms.toSorted((one, two) => one - two)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  const figures = { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) }
  console.log(`${who}: ${ms.length} players, served after ms: ${JSON.stringify(figures)}`)
  return figures
}

describe('one of three nodes is stopped for 12 s', () => {
  async function stalled(run: () => Promise<void>): Promise<void> {
    const resume = freeze()
    const late = sleep(STALL_MS)
    try {
      await run()
      await late
    } finally {
      resume()
    }
  }

  test('commands of players of the SDK are served by another node within 2 s', async () => {
    cluster = await testCluster({ nodes: 3, nginx: true })
    const all = players('on')
    await Promise.all(all.map((each) => each.connect()))
    await Promise.all(all.map((each) => each.sync()))
    await stalled(async () => {
      const served = await Promise.all(all.map((each) => took(() => each.sync())))
      expect(report('connected players', served).p99).toBeLessThan(SDK_MS + CONNECTING_MS)
      expect(served.filter((ms) => ms > 500).length, 'players on the stalled node').toBeGreaterThan(PLAYERS / 6)
    })
  })

  test('new players log in, connect and are served within 2 s, whichever node their attempts reach', async () => {
    cluster = await testCluster({ nodes: 3, nginx: true })
    const all = players('new')
    await stalled(async () => {
      const served = await Promise.all(
        all.map(async (each, index) => {
          await sleep(index * 50)
          return took(() => each.connect().then(() => each.sync()))
        }),
      )
      expect(report('new players', served).p99).toBeLessThan(SDK_MS + CONNECTING_MS)
    })
  })
})

test('plain Socket.IO clients on a stalled node are connected to another one within 5 s, as it is killed', async () => {
  cluster = await testCluster({ nodes: 3, nginx: true, supervise: true })
  const opened = await Promise.all(
    Array.from({ length: PLAYERS }, async (_, index) => {
      const { sessionId } = await login(cluster.nodes[1]?.url ?? '', `plain-${index}`)
      const socket: Socket = io(cluster.info.url, { auth: { sessionId }, transports: ['websocket'], forceNew: true, ca: ca() })
      closers.push(() => void socket.disconnect())
      await new Promise<void>((resolve) => void socket.once('connect', resolve))
      return socket
    }),
  )
  const resume = freeze()
  closers.push(resume)
  const served = await Promise.all(
    opened.map((socket) =>
      took(async () => {
        // Its buffer sends the pending requests once it is connected again. A request that went to the stalled node is lost, so it is
        // repeated.
        while (
          !(await socket
            .timeout(500)
            .emitWithAck('match:sync')
            .then(
              () => true,
              () => false,
            ))
        );
      }),
    ),
  )
  report('plain clients', served)
  expect(served.filter((ms) => ms > 1500).length, 'clients on the stalled node').toBeGreaterThan(PLAYERS / 6)
  expect(Math.max(...served)).toBeLessThan(PLAIN_MS)
})
