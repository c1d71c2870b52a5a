/**
 * The lock of a data folder: our own, as a library does not offer what it needs. proper-lockfile takes an owner for dead if its file has
 * not been touched for 10 s (2 s at least): after a kill -9 the next start would be refused for as long, and while this process is stopped,
 * or the machine sleeps, a second cluster could start on the same data. A process id with its start time shows at once, and for certain,
 * whether the owner is alive, and which process to stop.
 */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isAlive, startTime } from '../services/alive.ts'

/** Another process uses this data folder. */
export class DataLockedError extends Error {
  override readonly name = 'DataLockedError'
  readonly pid: number
  constructor(dir: string, pid: number) {
    super(
      `Caiquan already runs on ${dir} (process ${pid}). Its addresses are in ${join(dir, 'cluster.json')}.\n` +
        'Stop it first, or start a second one with --data, --port and --http-port of its own.',
    )
    this.pid = pid
  }
}

export interface DataLock {
  /** Whether the last owner died without releasing the lock. */
  readonly wasStale: boolean
  release(): void
}

/** The owner of a lock. The start time tells apart two processes that had the same id one after the other. */
interface Owner {
  pid: number
  startTime: string | null
}

/**
 * Makes this process the only one that uses `dir`. A lock whose owner is dead is taken over.
 * @throws DataLockedError
 */
export function lockData(dir: string): DataLock {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const file = join(dir, 'lock')
  const own = join(dir, `lock.${process.pid}`)
  writeFileSync(own, JSON.stringify({ pid: process.pid, startTime: startTime(process.pid) } satisfies Owner), { mode: 0o600 })
  let wasStale = false
  try {
    // A link appears with its content in one step, and only if there is none yet.
    while (!tryLink(own, file)) {
      const owner = readOwner(file)
      if (owner && isRunning(owner)) throw new DataLockedError(dir, owner.pid)
      if (owner) putAside(file, owner)
      wasStale = true
    }
  } finally {
    rmSync(own, { force: true })
  }
  return {
    wasStale,
    release() {
      if (readOwner(file)?.pid === process.pid) rmSync(file, { force: true })
    },
  }
}

/** Removes a dead owner's lock, and no other that has taken its place since it was read. */
function putAside(file: string, dead: Owner): void {
  const aside = `${file}.${process.pid}.stale`
  try {
    renameSync(file, aside)
  } catch {
    return
  }
  const taken = readOwner(aside)
  if (taken && (taken.pid !== dead.pid || taken.startTime !== dead.startTime)) tryLink(aside, file)
  rmSync(aside, { force: true })
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to)
    return true
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false
    throw error
  }
}

/** A file that cannot be parsed as a lock belongs to no living process; null if there is none. */
function readOwner(file: string): Owner | null {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return null
  }
  try {
    return JSON.parse(text) as Owner
  } catch {
    return { pid: 0, startTime: null }
  }
}

const isRunning = ({ pid, startTime: since }: Owner): boolean => pid > 0 && isAlive(pid) && startTime(pid) === since
