import { isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { AnyView } from '../match/view.ts'
import type { GameServer, GameSocket } from './types.ts'

/**
 * Messages between nodes can be lost: Redis was away, a subscription was, a node died between the script and
 * the message. No view after a deadline is a sign of it, since every round ends by then; the socket is shown
 * its match again, whatever the cause was.
 */

/** How long after a deadline a view may still be on its way, ms. */
const GRACE_MS = 1500
const LOOK_MS = 500
/** Sockets that are shown their match at once: after an outage all of a node are due. */
const AT_ONCE = 50

/** Notes by when the next view of the match that a socket plays, or watches, has to come. */
export function expectViews(socket: GameSocket): void {
  socket.data.resync = false
  socket.data.resyncAt = Infinity
  socket.data.spectatorResyncAt = Infinity
  socket.onAnyOutgoing((event: string, view: AnyView) => {
    if (event === 'match') expectAfter(socket, view)
  })
}

/** Notes it for a view that the socket is sent in whatever way. */
export function expectAfter({ data }: GameSocket, { id, status, deadlineAt, serverTime, seats }: AnyView): void {
  const until = status === 'playing' && deadlineAt !== null ? performance.now() + (deadlineAt - serverTime) + GRACE_MS : Infinity
  if (seats.some(({ player }) => player.id === data.player.id)) data.resyncAt = until
  else if (data.watching !== undefined && id === data.watching) data.spectatorResyncAt = until
}

/** Looks after all sockets of this node. Answers what ends it. */
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

  /** Asked again later unless it worked: Redis may be away. */
  async function remind(socket: GameSocket): Promise<void> {
    const { data } = socket
    data.resync = false
    data.resyncAt = data.spectatorResyncAt = performance.now() + GRACE_MS
    try {
      await data.ready
      const until = data.resyncAt
      await show(socket)
      // Nothing was shown: there is no match that runs.
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
