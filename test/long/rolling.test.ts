/** Deploys and scaling in the middle of two hundred matches, through nginx. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { testCluster } from '../support/cluster.ts'
import { quantile } from '../../tools/play/figures.ts'
import { startMatches, type RunningMatches } from '../support/running-matches.ts'
import { watchNodes, type NodeWatch } from '../support/node-watch.ts'

const PLAIN = 170
const PHONES = 30
const DRAIN_MS = 5000
const RECONNECTED_MS = 3000
let cluster: Cluster

beforeAll(async () => {
  cluster = await testCluster({
    nodes: 3,
    nginx: true,
    handshakesPerSecond: 1000,
    env: { DRAIN_MS: String(DRAIN_MS), MAX_ROUNDS_FACTOR: '40', LOGIN_PER_MINUTE: '10000' },
  })
})
afterAll(() => cluster?.close())

/** The conditions that must hold for players and nodes after any change of the nodes. */
async function expectUnharmed(what: string, matches: RunningMatches, watch: NodeWatch): Promise<void> {
  await matches.finish()
  await watch.stop()
  const gaps = matches.gaps()
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => Math.round(quantile(gaps, share)))
  process.stdout.write(
    `${what}: ${matches.players} players reconnected ${gaps.length} times (${watch.refused} were refused at first), ` +
      `p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms; a node gained at most ${watch.steepest} sockets per second, ` +
      `its event loop was at most ${Math.round(watch.latest * 1000)} ms late\n`,
  )
  expect(quantile(gaps, 0.99)).toBeLessThanOrEqual(RECONNECTED_MS)
  expect(watch.refused).toBe(0)
}

test('a rolling restart of three nodes under 200 matches aborts none, and no node gets a flood of connections', async () => {
  const matches = await startMatches({ cluster, plain: PLAIN, phones: PHONES, word: 'rolling' })
  expect(matches.gaps()).toEqual([])
  await sleep(2000)
  const watch = watchNodes(cluster)
  for (const node of cluster.nodes) {
    expect(await node.stop()).toEqual({ code: 0, signal: null })
    await node.start()
  }
  // Every player was on some node, and each node was restarted.
  expect(matches.gaps().length).toBeGreaterThanOrEqual(matches.players)
  await expectUnharmed('rolling restart', matches, watch)
  // A node closes its sockets evenly over the window; all at once would be a third of all players.
  expect(watch.steepest).toBeLessThan((2.5 * (matches.players / 2)) / (DRAIN_MS / 1000))
})

test('scaling from 3 to 6 to 2 nodes under 200 matches aborts none, and adding nodes cuts no connection', async () => {
  const matches = await startMatches({ cluster, plain: PLAIN, phones: PHONES, word: 'scaling' })
  await sleep(2000)
  const watch = watchNodes(cluster)
  for (let added = 0; added < 3; added += 1) await cluster.addNode()
  await sleep(2000)
  expect(cluster.nodes).toHaveLength(6)
  expect(matches.gaps()).toEqual([])
  for (const node of cluster.nodes.slice(0, 4)) await cluster.removeNode(node)
  expect(cluster.nodes).toHaveLength(2)
  await expectUnharmed('scaling', matches, watch)
})
