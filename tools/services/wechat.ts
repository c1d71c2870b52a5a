import { join } from 'node:path'
import { nodeBinary, ROOT } from './node.ts'
import { startService, type Service } from './process.ts'
import { statusOf } from './http.ts'
import type { PushTarget } from '../wechat/media.ts'

export interface WechatOptions {
  port: number
  logFile: string
  /** The AppSecret it expects. */
  secret: string
  /** Where it pushes messages to; nowhere if null. */
  push: PushTarget | null
}

/** Starts the stand-in for WeChat's API as a process of its own, so that it can be paused and killed. */
export function startWechat({ port, logFile, secret, push }: WechatOptions): Promise<Service> {
  const url = `http://127.0.0.1:${port}`
  return startService({
    name: 'wechat',
    url,
    command: nodeBinary(),
    args: [join(ROOT, 'tools/wechat/stand-in.ts'), '--port', String(port)],
    env: { ...process.env, WECHAT_SECRET: secret, WECHAT_PUSH_TARGET: push ? JSON.stringify(push) : '' },
    logFile,
    isReady: async () => (await statusOf(`${url}/healthz`)) === 200,
    readyMs: 15_000,
    stopSignal: 'SIGTERM',
    stopMs: 3000,
  })
}
