import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './alive.ts'

/** Below the range that Linux uses for outgoing connections, so none takes a port between two starts of its owner. */
const FIRST = 20_000
const COUNT = 12_000
const ATTEMPTS = 200

const registry = join(tmpdir(), `caiquan-ports-${userInfo().uid}`)
const claimOf = (port: number): string => join(registry, String(port))

/** Why this port cannot be used, as the end of a sentence, or null if it can. Port 0 can always be used. */
export function portProblem(port: number, host = '127.0.0.1'): Promise<string | null> {
  const { promise, resolve } = Promise.withResolvers<string | null>()
  const server = createServer()
  server.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EADDRINUSE') resolve('is in use')
    else if (error.code === 'EACCES') resolve('needs root (it is below 1024)')
    else resolve(`cannot be used (${error.message})`)
  })
  server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(null)))
  return promise
}

/** Whether nobody listens on this port of 127.0.0.1. */
export const isPortFree = async (port: number): Promise<boolean> => (await portProblem(port)) === null

/**
 * Finds a free port and takes it for this process, so that clusters which start at the same moment, also in other processes of this user,
 * never choose the same one. Release it with `releasePort`.
 */
export async function takePort(): Promise<number> {
  mkdirSync(registry, { recursive: true, mode: 0o700 })
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = FIRST + Math.floor(Math.random() * COUNT)
    if (!claim(port)) continue
    if (await isPortFree(port)) return port
    releasePort(port)
  }
  throw new Error(`No free port between ${FIRST} and ${FIRST + COUNT} after ${ATTEMPTS} attempts: is something holding them all?`)
}

/** Releases a port; repeating it does no harm. */
export function releasePort(port: number): void {
  rmSync(claimOf(port), { force: true })
}

function claim(port: number): boolean {
  try {
    writeFileSync(claimOf(port), String(process.pid), { flag: 'wx' })
    return true
  } catch {
    // The mark of a dead owner is removed for later callers; taking it over at once would race with them.
    if (!isAlive(ownerOf(port))) releasePort(port)
    return false
  }
}

function ownerOf(port: number): number {
  try {
    return Number(readFileSync(claimOf(port), 'utf8')) || process.pid
  } catch {
    return process.pid
  }
}
