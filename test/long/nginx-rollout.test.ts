/**
 * A roll-out of nginx under a hundred matches of phones: two instances behind a balancer of TCP connections, replaced one after the other.
 */
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { startNginx, type Nginx } from '../../tools/services/nginx.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { testCluster } from '../support/cluster.ts'
import { quantile } from '../../tools/play/figures.ts'
import { startMatches } from '../support/running-matches.ts'
import { http } from '../support/http.ts'
import { tcpProxy, type TcpProxy } from '../support/tcp-proxy.ts'
import { tempDir } from '../support/temp.ts'

const PHONES = 100
const WINDOW_S = 20
const RECONNECTED_MS = 2000
/** A tenth of the window has a tenth of the losses, apart from chance and the steps of 0.1 s. */
const MAX_SHARE = 0.2

interface Instance {
  nginx: Nginx
  port: number
  probes: string
}

let cluster: Cluster
let balancer: TcpProxy
const instances: Instance[] = []
/** The instances that get new connections, in turn. */
let inService: Instance[] = []
const ports: number[] = []

/** Starts one more instance, with a name of its own as a pod has. */
async function startInstance(): Promise<Instance> {
  const nodes = cluster.nodes.map((node) => ({ name: node.name, port: Number(new URL(node.url).port) }))
  const [port, httpPort, probePort] = [await takePort(), await takePort(), await takePort()]
  ports.push(port, httpPort, probePort)
  const name = `nginx-${instances.length + 1}`
  const nginx = await startNginx({
    dir: join(tempDir('nginx-rollout'), name),
    name,
    nodes,
    port,
    httpPort,
    probePort,
    leaveSeconds: WINDOW_S,
    handshakesPerSecond: 1000,
  })
  const instance = { nginx, port, probes: `http://127.0.0.1:${probePort}` }
  instances.push(instance)
  return instance
}

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, env: { MAX_ROUNDS_FACTOR: '40', LOGIN_PER_MINUTE: '10000' } })
  for (let count = 0; count < 2; count += 1) await startInstance()
  inService = [...instances]
  let next = 0
  balancer = await tcpProxy(() => inService[(next += 1) % inService.length]?.port ?? 0)
})
afterAll(async () => {
  await balancer?.close()
  await Promise.all(instances.map(({ nginx }) => nginx.service.stop()))
  await cluster?.close()
  ports.forEach(releasePort)
})

test('the sockets of an instance are moved evenly over the window and are back within two seconds, and nothing is lost', async () => {
  const url = `https://127.0.0.1:${balancer.port}`
  const matches = await startMatches({ cluster: { info: { ...cluster.info, url } }, plain: 0, phones: PHONES, word: 'nginx' })
  await sleep(2000)
  expect(matches.losses()).toEqual([])
  for (const instance of instances.slice(0, 2)) {
    // As Kubernetes does: starts another instance, gives the old one no new connections, calls the hook, sends the signal.
    inService = [...inService, await startInstance()].filter((each) => each !== instance)
    const before = matches.losses().length
    const begun = performance.now()
    expect((await http(`${instance.probes}/leave`, { method: 'POST' })).status).toBe(202)
    instance.nginx.service.signal('SIGQUIT')
    // The instance ends by itself once it has no socket left: none was cut.
    await expect.poll(() => instance.nginx.service.running, { timeout: (WINDOW_S + 10) * 1000, interval: 100 }).toBe(false)
    const lasted = performance.now() - begun
    const losses = matches
      .losses()
      .slice()
      .sort((a, b) => a - b)
      .slice(before)
      .map((at) => at - begun)
    const tenths = Array.from(
      { length: 10 },
      (_, tenth) => losses.filter((at) => Math.min(9, Math.floor((10 * at) / (WINDOW_S * 1000))) === tenth).length,
    )
    process.stdout.write(
      `${losses.length} sockets were moved in ${(lasted / 1000).toFixed(1)} s; by tenths of the window: ${tenths.join(' ')}\n`,
    )
    expect(losses.length).toBeGreaterThanOrEqual(matches.players / 4)
    expect(Math.max(...tenths) / losses.length).toBeLessThanOrEqual(MAX_SHARE)
  }
  await sleep(RECONNECTED_MS)
  const lost = matches.losses().length
  await matches.finish()
  const gaps = matches.gaps()
  const [p50, p99, longest] = [0.5, 0.99, 1].map((share) => Math.round(quantile(gaps, share)))
  process.stdout.write(
    `roll-out of nginx: ${matches.players} players reconnected ${gaps.length} times, p50 ${p50} ms, p99 ${p99} ms, longest ${longest} ms\n`,
  )
  expect(gaps).toHaveLength(lost)
  expect(quantile(gaps, 0.99)).toBeLessThanOrEqual(RECONNECTED_MS)
})
