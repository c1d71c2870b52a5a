import type { DefaultEventsMap, Server, Socket } from 'socket.io'
import type { Allowance } from '../limits.ts'
import type { ClientToServerEvents, PublicPlayer, ServerToClientEvents } from '../../../client-sdk/src/protocol.ts'

export interface SocketData {
  player: PublicPlayer
  /** The name of this socket in seats and tickets. */
  connection: string
  /** Resolves once the socket is the player's one connection and receives what is sent to the player. */
  ready: Promise<void>
  /** Its order among the connections of its player (`Connections.order`): of two, the later one is the player's. */
  acceptedAt: number
  /** Whether its client has reported that it is in the background. */
  background: boolean
  /** The player's buckets for the commands that this socket has sent. */
  allowances?: Map<string, Allowance>
  /** Its client was asked to connect again, because the nginx that it came through leaves. */
  moving?: boolean
  /** The command that was sent last. */
  last?: Promise<unknown>
  /** It is to be shown its match again as soon as possible, whatever it is sent until then. */
  resync: boolean
  /** `performance.now()` by which the next view has to come; after that, the match is shown again. */
  resyncAt: number
  /** The same for the match that it watches. */
  spectatorResyncAt: number
  /** The match that this socket watches as a spectator. */
  watching?: string
}

export type GameServer = Server<ClientToServerEvents<unknown>, ServerToClientEvents<unknown>, DefaultEventsMap, SocketData>
export type GameSocket = Socket<ClientToServerEvents<unknown>, ServerToClientEvents<unknown>, DefaultEventsMap, SocketData>
