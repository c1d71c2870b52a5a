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

/** Notes by when the next view of the match that a socket plays has to come. */
export function expectViews(socket: GameSocket): void {
  socket.data.silentUntil = Infinity
  socket.onAnyOutgoing((event: string, view: AnyView) => {
    if (event !== 'match' || !view.seats.some(({ player }) => player.id === socket.data.player.id)) return
    const { status, deadlineAt, serverTime } = view
    socket.data.silentUntil = status === 'playing' && deadlineAt !== null ? performance.now() + (deadlineAt - serverTime) + GRACE_MS : Infinity
  })
}

/** Looks after all sockets of this node. Answers what ends it. */
export function watchSilence({ io, show, log }: { io: GameServer; show(socket: GameSocket): Promise<void>; log: Log }): () => void {
  let timer: NodeJS.Timeout
  let closed = false

  async function look(): Promise<void> {
    const now = performance.now()
    const due: GameSocket[] = []
    for (const socket of io.sockets.sockets.values()) {
      if (socket.data.silentUntil <= now) due.push(socket)
      if (due.length === AT_ONCE) break
    }
    await Promise.all(due.map(remind))
    next(due.length === AT_ONCE ? 0 : LOOK_MS)
  }

  /** Asked again later unless it worked: Redis may be away. */
  async function remind(socket: GameSocket): Promise<void> {
    socket.data.silentUntil = performance.now() + GRACE_MS
    try {
      await socket.data.ready
      const until = socket.data.silentUntil
      await show(socket)
      // Nothing was shown: he is in no match that runs.
      if (socket.data.silentUntil === until) socket.data.silentUntil = Infinity
    } catch (fault) {
      if (!isOutage(fault)) log.error({ socket: socket.id, err: fault }, 'a match could not be shown again')
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
