import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { Cluster } from '../../tools/cluster/cluster.ts'
import { readInfo, type ClusterInfo } from '../../tools/cluster/cluster-info.ts'
import { isAlive } from '../../tools/services/alive.ts'
import type { Service } from '../../tools/services/process.ts'
import { testCluster } from '../support/cluster.ts'
import { processesOf } from '../support/processes.ts'
import { tempDir } from '../support/temp.ts'

const written = (cluster: Cluster): ClusterInfo => readInfo(cluster.dataDir) ?? expect.unreachable()
const statusOf = async (url: string): Promise<number> => (await fetch(url)).status

describe('a supervised cluster', () => {
  let cluster: Cluster
  const lines: string[] = []
  beforeAll(async () => {
    cluster = await testCluster({ nodes: 2, nginx: true, supervise: true, onProgress: (line) => lines.push(line) })
  })
  afterAll(() => cluster?.close())

  async function crash(service: Service): Promise<void> {
    const { pid } = service
    process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect([service.running, service.pid === pid]).toEqual([true, false]), 10_000)
    await service.start()
  }

  test('writes down its processes, readable by its owner only', () => {
    const info = written(cluster)
    expect(info).toEqual(cluster.info)
    expect(Object.keys(info).sort()).toEqual(['insecureUrl', 'mysql', 'nginx', 'nodes', 'redis', 'url', 'wechat'])
    expect(info.nodes.map(({ name }) => name)).toEqual(['node-1', 'node-2'])
    for (const pid of [...info.nodes, info.redis, info.mysql, info.nginx].map((entry) => entry?.pid ?? 0)) expect(isAlive(pid)).toBe(true)
    expect(statSync(join(cluster.dataDir, 'cluster.json')).mode & 0o777).toBe(0o600)
  })

  test('reports its actions and their durations', () => {
    expect(lines).toEqual(
      expect.arrayContaining([expect.stringMatching(/^Redis on port \d+ \(\d+\.\d s\)$/), expect.stringMatching(/^node-1 on port/)]),
    )
  })

  test('restarts a node that was killed, in its place, and reports it', async () => {
    const node = cluster.nodes[0] ?? expect.unreachable()
    const { url } = node
    await crash(node)
    await vi.waitFor(() => expect(written(cluster).nodes[0]).toEqual({ name: 'node-1', pid: node.pid, url }))
    expect(await statusOf(`${url}/readyz`)).toBe(200)
    expect(lines).toContainEqual(expect.stringMatching(/^node-1 ended \(signal SIGKILL\): starting it again in 0\.2 s/))
    expect(lines).toContain('node-1 runs again')
  })

  test('restarts Redis, and the nodes connect to it', async () => {
    const redis = cluster.redis ?? expect.unreachable()
    await crash(redis)
    expect(written(cluster).redis).toEqual({ url: redis.url, pid: redis.pid })
    await vi.waitFor(async () => {
      for (const { url } of cluster.nodes) expect(await statusOf(`${url}/readyz`)).toBe(200)
    }, 10_000)
  })

  test('does not restart a service that was stopped on purpose', async () => {
    const node = cluster.nodes[1] ?? expect.unreachable()
    expect(await node.stop()).toEqual({ code: 0, signal: null })
    await new Promise((resolve) => setTimeout(resolve, 600))
    expect(node.running).toBe(false)
    await node.start()
  })

  test('grows and shrinks', async () => {
    const node = await cluster.addNode({ LOG_LEVEL: 'debug' })
    expect(node.name).toBe('node-3')
    expect(written(cluster).nodes).toHaveLength(3)
    const config = join(cluster.dataDir, 'nginx/nginx.conf')
    expect(readFileSync(config, 'utf8')).toContain('sticky_node-3')
    await cluster.removeNode(node)
    expect(node.running).toBe(false)
    expect(written(cluster).nodes).toHaveLength(2)
    expect(readFileSync(config, 'utf8')).not.toContain('sticky_node-3')
  })
})

test('clusters that start at once do not collide, and leave nothing behind', async () => {
  const clusters = await Promise.all([testCluster({ nodes: 1, nginx: true }), testCluster({ nodes: 1, ownDatabase: true })])
  const [first, second] = clusters.map(({ info }) => info)
  expect(first?.redis.url).not.toBe(second?.redis.url)
  expect(first?.mysql.url).not.toBe(second?.mysql.url)
  expect(clusters[1]?.mysql?.running).toBe(true)
  const pids = clusters.flatMap(({ redis, mysql, wechat, nginx, nodes }) =>
    [redis, mysql, wechat, nginx?.service, ...nodes].flatMap((service) => service?.pid ?? []),
  )
  // Two of each service; only one cluster has nginx and a MariaDB of its own.
  expect(pids).toHaveLength(8)
  expect(pids.filter(isAlive)).toEqual(pids)
  await Promise.all(clusters.map((cluster) => cluster.close()))
  expect(pids.filter(isAlive)).toEqual([])
  expect(clusters.flatMap(({ dataDir }) => processesOf(dataDir))).toEqual([])
})

test('a start that fails prints the reason and leaves nothing behind', async () => {
  const folder = tempDir('failing')
  const cluster = testCluster({ nodes: 2, nginx: true, env: { MARK: folder, DATABASE_CONNECTIONS: 'many' } })
  await expect(cluster).rejects.toThrow(/node-\d ended while starting \(code \d\)[^]*DATABASE_CONNECTIONS/)
  expect(processesOf(folder)).toEqual([])
})

test('a cluster that is closed while it starts leaves nothing behind', async () => {
  const dataDir = tempDir('closed')
  const cluster = new Cluster({ dataDir, nodes: 2 })
  const started = cluster.start()
  const outcome = expect(started).rejects.toThrow('the cluster is closing')
  await vi.waitFor(() => expect(cluster.redis).not.toBeNull(), { timeout: 10_000, interval: 5 })
  await cluster.close()
  await outcome
  expect(cluster.nodes).toEqual([])
  expect(processesOf(dataDir)).toEqual([])
  expect(existsSync(join(dataDir, 'cluster.json'))).toBe(false)
})
