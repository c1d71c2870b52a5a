import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AnyView } from '../match/view.ts'
import type { GameServer, GameSocket } from './types.ts'

/**
 * Resync: messages between nodes can be lost, for instance because Redis or a subscription was away, or because a node died between the
 * script and the message. No view after a deadline is a sign of it, since every round ends by then. The socket is then shown its match
 * again, whatever the cause was.
 */

/** How long after a deadline a view may still be on its way, ms. */
const GRACE_MS = 1500
const LOOK_MS = 500
/** Sockets that are resynced at once: after an outage all sockets of a node are due. */
const AT_ONCE = 50

/** Notes by when the next view of the match that a socket plays, or watches, has to arrive. */
export function expectViews(socket: GameSocket): void {
  socket.data.resync = false
  socket.data.resyncAt = Infinity
  socket.data.spectatorResyncAt = Infinity
  socket.onAnyOutgoing((event: string, view: AnyView) => {
    if (event === 'match') expectAfter(socket, view)
  })
}

/** Notes it for a view that the socket is sent in any other way. */
export function expectAfter({ data }: GameSocket, { id, status, deadlineAt, serverTime, seats }: AnyView): void {
  const until = status === 'playing' && deadlineAt !== null ? performance.now() + (deadlineAt - serverTime) + GRACE_MS : Infinity
  if (seats.some(({ player }) => player.id === data.player.id)) data.resyncAt = until
  else if (data.watching !== undefined && id === data.watching) data.spectatorResyncAt = until
}

/** Resyncs all sockets of this node. Returns a function that ends this. */
export function startResync({ io, show, log }: { io: GameServer; show(socket: GameSocket): Promise<void>; log: Log }): () => void {
  let timer: NodeJS.Timeout
  let closed = false

  async function look(): Promise<void> {
    const now = performance.now()
    const due: GameSocket[] = []
    for (const socket of io.sockets.sockets.values()) {
      const { resync, resyncAt, spectatorResyncAt } = socket.data
      if (resync || Math.min(resyncAt, spectatorResyncAt) <= now) due.push(socket)
      if (due.length === AT_ONCE) break
    }
    await Promise.all(due.map(remind))
    next(due.length === AT_ONCE ? 0 : LOOK_MS)
  }

  /** Repeated later unless it succeeded: Redis may be away. */
  async function remind(socket: GameSocket): Promise<void> {
    const { data } = socket
    data.resync = false
    data.resyncAt = data.spectatorResyncAt = performance.now() + GRACE_MS
    try {
      await data.ready
      const until = data.resyncAt
      await show(socket)
      // Nothing was shown: there is no running match.
      if (data.resyncAt === until) data.resyncAt = Infinity
      if (data.spectatorResyncAt === until) data.spectatorResyncAt = Infinity
    } catch (error) {
      if (!isOutage(error)) log.error({ socket: socket.id, err: error }, 'a match could not be shown again')
    }
  }

  function next(ms: number): void {
    if (!closed) timer = setTimeout(() => void look(), ms)
  }
  next(LOOK_MS)

  return () => {
    closed = true
    clearTimeout(timer)
  }
}
