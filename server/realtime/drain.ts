import { setTimeout as sleep } from 'node:timers/promises'
import type { GameServer } from './types.ts'

/** Batches in which the sockets go: small enough that no other node is overrun. */
const BATCH_MS = 100

/**
 * Empties this node without harming a game: clients are told, then their sockets are closed evenly over the
 * window. They reconnect elsewhere by themselves, since the connection and not the socket is closed.
 * @param hurry ends the window early
 */
export async function drain(io: GameServer, windowMs: number, hurry: AbortSignal): Promise<void> {
  io.local.emit('server:draining', { reconnectWithinMs: windowMs })
  const steps = Math.max(1, Math.ceil(windowMs / BATCH_MS))
  for (let step = 0; step < steps && io.sockets.sockets.size > 0; step += 1) {
    await sleep(Math.min(BATCH_MS, windowMs), undefined, { signal: hurry }).catch(() => undefined)
    const sockets = [...io.sockets.sockets.values()]
    const share = hurry.aborted ? sockets.length : Math.ceil(sockets.length / (steps - step))
    for (const socket of sockets.slice(0, share)) socket.conn.close()
  }
}
