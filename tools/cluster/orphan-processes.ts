import { readFileSync } from 'node:fs'
import { readInfo, removeInfo } from './cluster-info.ts'
import { commandLine, isAlive } from '../services/alive.ts'
import { until } from '../until.ts'

const WAIT_MS = 5000

/**
 * Ends orphan processes that a killed cluster left running on this folder, and waits for them. Usually there are none: services die with
 * their parent. Only processes that name this folder or its database's password are touched, since process ids are reused.
 * @returns the ids of the processes that were ended
 */
export async function endOrphanProcesses(dataDir: string): Promise<number[]> {
  const info = readInfo(dataDir)
  if (!info) return []
  const pids = [...info.nodes, info.redis, info.mysql, ...(info.nginx ? [info.nginx] : [])].map(({ pid }) => pid)
  const ours = pids.filter(
    (pid) =>
      pid > 1 && isAlive(pid) && (commandLine(pid).includes(`${dataDir}/`) || environment(pid).includes(`DATABASE_URL=${info.mysql.url}`)),
  )
  for (const pid of ours) killGroup(pid)
  await until(() => ours.every((pid) => commandLine(pid) === ''), WAIT_MS, 20)
  removeInfo(dataDir)
  return ours
}

function killGroup(pid: number): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL')
      return
    } catch {
      // There is no such group, or it has just ended.
    }
  }
}

function environment(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}
