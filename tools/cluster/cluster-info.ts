import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The content of `cluster.json` while a cluster runs. */
export interface ClusterInfo {
  /** Through nginx, by TLS; a node's own address if there is no nginx. */
  url: string
  /** nginx's plain port, which redirects to `url`. */
  insecureUrl: string
  /** `url` reaches the node directly, without nginx. */
  nodes: { name: string; pid: number; url: string }[]
  redis: { url: string; pid: number }
  mysql: { url: string; pid: number }
  nginx: { pid: number } | null
  wechat: { url: string }
}

/** The file that describes a running cluster. */
export const infoFile = (dataDir: string): string => join(dataDir, 'cluster.json')

/** Replaces the file in one step: a reader sees the old or the new one. It contains a password. */
export function writeInfo(dataDir: string, info: ClusterInfo): void {
  const file = infoFile(dataDir)
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, `${JSON.stringify(info, null, 2)}\n`, { mode: 0o600 })
  renameSync(unfinished, file)
}

export function removeInfo(dataDir: string): void {
  rmSync(infoFile(dataDir), { force: true })
}

/** The content of the file, or null if there is none that can be parsed. */
export function readInfo(dataDir: string): ClusterInfo | null {
  try {
    return JSON.parse(readFileSync(infoFile(dataDir), 'utf8')) as ClusterInfo
  } catch {
    return null
  }
}
