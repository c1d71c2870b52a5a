import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `cluster.json` says of a running cluster. */
export interface ClusterInfo {
  /** Through nginx, by TLS; a node's own address where there is no nginx. */
  url: string
  /** nginx's plain port, which redirects to `url`. */
  insecureUrl: string
  /** `url` reaches the node itself, past nginx. */
  nodes: { name: string; pid: number; url: string }[]
  redis: { url: string; pid: number }
  mysql: { url: string; pid: number }
  nginx: { pid: number } | null
  wechat: { url: string }
}

/** Where a cluster writes down what it is. */
export const infoFile = (dataDir: string): string => join(dataDir, 'cluster.json')

/** Replaces the file in one step: a reader sees the old or the new one. It holds a password. */
export function writeInfo(dataDir: string, info: ClusterInfo): void {
  const file = infoFile(dataDir)
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 })
  renameSync(unfinished, file)
}

export function removeInfo(dataDir: string): void {
  rmSync(infoFile(dataDir), { force: true })
}

/** What the file says, or null when there is none that can be read. */
export function readInfo(dataDir: string): ClusterInfo | null {
  try {
    return JSON.parse(readFileSync(infoFile(dataDir), 'utf8')) as ClusterInfo
  } catch {
    return null
  }
}
