import { setTimeout as sleep } from 'node:timers/promises'
import type { GameServer, GameSocket } from './types.ts'

/** Batches in which the sockets are closed: small enough that no other node is overrun. */
const BATCH_MS = 100

/**
 * Empties this node without harming a game: clients are informed, then their sockets are closed evenly over the window. They reconnect
 * elsewhere by themselves, since the connection and not the socket is closed.
 * @param hurry ends the window early
 */
export async function drain(io: GameServer, windowMs: number, hurry: AbortSignal): Promise<void> {
  io.local.emit('server:draining', { reconnectWithinMs: windowMs })
  await evenly(
    () => [...io.sockets.sockets.values()],
    windowMs,
    hurry,
    (socket) => socket.conn.close(),
  )
}

/**
 * Calls `turn` for each socket, evenly over a window, and returns once no socket is left, at the end of the window at the latest.
 * @param remaining the sockets that are left; asked before each batch, so more may join
 * @param hurry ends the window early, with a call for every socket that is left
 */
export async function evenly(
  remaining: () => readonly GameSocket[],
  windowMs: number,
  hurry: AbortSignal,
  turn: (socket: GameSocket) => void,
): Promise<void> {
  const end = performance.now() + windowMs
  let before = performance.now()
  // A fraction of a socket, so that few sockets are spread as well; random, so that nodes that begin together do not act together.
  let owed = Math.random()
  while (remaining().length > 0) {
    await sleep(Math.max(0, Math.min(BATCH_MS, end - before)), undefined, { signal: hurry }).catch(() => undefined)
    const sockets = remaining()
    const now = performance.now()
    const over = hurry.aborted || now >= end
    if (!over) owed += (sockets.length * (now - before)) / (end - before)
    const share = over ? sockets.length : Math.floor(owed)
    sockets.slice(0, share).forEach(turn)
    if (over) return
    owed -= share
    before = now
  }
}
