import type { DefaultEventsMap, Server, Socket } from 'socket.io'
import type { Allowance } from '../limits.ts'
import type { ClientToServerEvents, PublicPlayer, ServerToClientEvents } from '../../../client-sdk/src/protocol.ts'

export interface SocketData {
  player: PublicPlayer
  /** What seats and tickets know this socket as. */
  connection: string
  /** Settles once the socket is the player's one connection and hears what is sent to him. */
  ready: Promise<void>
  /** Its order among the connections of its player (`Connections.order`): of two, the one that came later is the player's. */
  acceptedAt: number
  /** Its client has said that it is in the background. */
  background: boolean
  /** What the player may still ask for, by command: those that this socket has given. */
  allowances?: Map<string, Allowance>
  /** Its client was told to connect again, as the nginx that it came through leaves. */
  moving?: boolean
  /** The command that was sent last. */
  last?: Promise<unknown>
  /** It is to be shown its match again as soon as possible, whatever it is sent until then. */
  resync: boolean
  /** `performance.now()` by which the next view has to come; later than that, the match is shown again. */
  resyncAt: number
  /** The same of the match that it watches. */
  spectatorResyncAt: number
  /** The match that this socket watches as a spectator. */
  watching?: string
}

export type GameServer = Server<ClientToServerEvents<unknown>, ServerToClientEvents<unknown>, DefaultEventsMap, SocketData>
export type GameSocket = Socket<ClientToServerEvents<unknown>, ServerToClientEvents<unknown>, DefaultEventsMap, SocketData>
