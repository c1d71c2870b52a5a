import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'
import { startCluster, type Cluster, type ClusterOptions } from '../../tools/cluster/cluster.ts'
import { testDatabase } from './database.ts'
import { redisEnv, testRedis } from './redis.ts'

export interface TestClusterOptions {
  /** 2 */
  nodes?: number
  env?: Record<string, string>
  /** The program that every node runs; the default is server/main.ts. */
  program?: string
  /** Starts a MariaDB of its own, which may then be stopped and paused, instead of a database of its own in the shared one. */
  ownDatabase?: boolean
  /** Puts nginx before the nodes. */
  nginx?: boolean
  supervise?: boolean
  /** Serves the cluster page. */
  page?: boolean
  /** An existing Redis, which the caller closes. */
  redis?: { url: string; pid: number }
  handshakesPerSecond?: number
  onProgress?: (line: string) => void
}

/** Players of a closing cluster cannot play on, so a short drain saves time. So does a round that opens at once. */
const ENV = { DRAIN_MS: '200', LOG_LEVEL: 'info', REVEAL_MS: '0' }

/**
 * A cluster of its own for a test file: real Redis, MariaDB and nodes on free ports. `close()` it in `afterAll`. With KEEP_TEST_DATA in the
 * environment, data and logs stay in `dataDir`.
 */
export async function testCluster(options: TestClusterOptions = {}): Promise<Cluster> {
  const { nodes = 2, env = {}, ownDatabase: separate = false, nginx = false, redis: given, ...rest } = options
  const dataDir = mkdtempSync(join(inject('testDir'), 'cluster-'))
  const database = separate ? null : await testDatabase()
  // A single Redis belongs to the cluster, and may be stopped and paused.
  const own = !given && inject('redis') === 'cluster' ? await testRedis() : null
  const redis = given ?? own
  const all: ClusterOptions = {
    dataDir,
    nodes,
    nginx,
    env: { ...ENV, GAME: inject('game'), ...(redis && redisEnv(redis.url)), ...env },
    ...rest,
  }
  if (redis) all.redis = { url: redis.url, pid: redis.pid }
  if (database) all.database = { url: database.url, pid: inject('mariadb').pid }
  const cleanUp = async (): Promise<void> => {
    await own?.close()
    if (process.env['KEEP_TEST_DATA']) return
    await database?.drop()
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    const cluster = await startCluster(all)
    const close = cluster.close.bind(cluster)
    cluster.close = () => close().then(cleanUp)
    return cluster
  } catch (error) {
    await cleanUp()
    throw error
  }
}
