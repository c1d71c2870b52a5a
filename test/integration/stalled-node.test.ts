import { setTimeout as sleep } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { createGameClient } from '../../client-sdk/src/client/create.ts'
import type { Cluster } from '../../ops/cluster.ts'
import { nodeHost, trustOf } from '../../ops/play/host.ts'
import { testCluster } from '../support/cluster.ts'

/**
 * Players of the SDK do not wait for a node that has stalled: nginx leads their second attempts to the nodes in turn. (One of them may
 * meet the stalled node again, and a third one follows.)
 */
const PLAYERS = 24
const STALL_MS = 12_000
let cluster: Cluster
const clients: GameClient[] = []

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, nginx: true })
})
afterAll(async () => {
  for (const client of clients) client.close()
  await cluster?.close()
})

function player(name: string): GameClient {
  let codes = 0
  const trust = trustOf(readFileSync(cluster.nginx?.certificate ?? '', 'utf8'))
  const client = createGameClient({ url: cluster.info.url, host: nodeHost({ login: () => `${name}.${process.pid}x${++codes}`, trust }) })
  clients.push(client)
  return client
}

test('commands of players on a stalled node are served by others long before it goes on', async () => {
  const players = Array.from({ length: PLAYERS }, (_, index) => player(`stalled-${index}`))
  await Promise.all(players.map((each) => each.connect()))
  const [stalled] = cluster.nodes
  if (!stalled) throw new Error('no node')
  stalled.pause()
  const resumed = sleep(STALL_MS).then(() => stalled.resume())
  try {
    await sleep(200)
    const served = await Promise.all(players.map(async (each) => {
      const begun = performance.now()
      await each.sync()
      return Math.round(performance.now() - begun)
    }))
    const slow = served.filter((ms) => ms > 500).sort((one, two) => one - two)
    console.log(`${slow.length} of ${PLAYERS} players were on the stalled node; served after ${slow.join(', ')} ms`)
    expect(slow.length).toBeGreaterThan(0)
    expect(Math.max(...served)).toBeLessThan(STALL_MS * 0.6)
  } finally {
    await resumed
  }
})
