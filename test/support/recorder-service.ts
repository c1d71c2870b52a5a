import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { Service } from '../../tools/services/process.ts'
import { redisEnv } from './redis.ts'

/** A recorder beside a cluster whose nodes record nothing (RECORDER=off); see `recorder-process.ts`. Not started yet. */
export function recorderService(cluster: Cluster, env: Record<string, string>): Service {
  return new Service({
    name: 'recorder',
    url: '',
    command: process.execPath,
    args: [fileURLToPath(new URL('recorder-process.ts', import.meta.url))],
    env: {
      ...process.env,
      ...redisEnv(cluster.info.redis.url),
      DATABASE_URL: cluster.info.mysql.url,
      WECHAT_APPID: 'unused',
      WECHAT_SECRET: 'unused',
      RECORDER_LEASE_MS: '300',
      RECORDER_POLL_MS: '20',
      ...env,
    },
    logFile: join(cluster.dataDir, 'logs', 'recorder.log'),
    isReady: async () => true,
    readyMs: 1000,
    stopSignal: 'SIGTERM',
    stopMs: 1000,
  })
}
