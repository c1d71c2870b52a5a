import type { EmoteEvent, MatchView, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { MatchState, SeatState } from '../game/state.ts'
import type { GameServer } from './types.ts'

/**
 * Messages to players and spectators, wherever they are connected.
 *
 * Views go to the connection that plays a seat: the node that changed the match shows them to the sockets that it has,
 * and the script tells the other nodes. Where such a socket is no more, or its node, the view goes to the player's
 * room, which his socket joins when it connects and never leaves: he may be anywhere by now.
 */
export interface Delivery {
  /** A change that this node made. @param deaf nodes that did not hear of it */
  match(state: MatchState, view: MatchView, deaf: string[]): void
  /** A change that another node made: to the seats that are played here. */
  matchHere(state: MatchState, view: MatchView): void
  emote(state: MatchState, event: EmoteEvent): void
  player(player: PublicPlayer): void
  /** Closes a connection of this or another node for good. */
  close(connection: string, reason: 'replaced' | 'logged_out'): void
}

/** What seats, tickets and players name as their connection. Nodes that follow one another never share a name. */
export const connectionOf = (node: string, socket: string): string => `${node}:${socket}`

const nodeOf = (connection: string): string => connection.slice(0, Math.max(0, connection.indexOf(':')))
const socketOf = (connection: string): string => connection.slice(connection.indexOf(':') + 1)

/** Never 20 characters long: the adapter takes such a room for a socket id. */
export const playerRoom = (player: string): string => `player:${player}`

export const watchRoom = (match: string): string => `match:${match}`

export function createDelivery(io: GameServer, node: string): Delivery {
  function show({ player, connection }: SeatState, view: MatchView): void {
    const socket = io.sockets.sockets.get(socketOf(connection))
    if (socket) socket.emit('match', view)
    else io.to(playerRoom(player.id)).emit('match', view)
  }

  return {
    match({ id, seats, watched }, view, deaf) {
      for (const seat of seats) {
        if (seat.bot) continue
        const at = nodeOf(seat.connection)
        if (at === node) show(seat, view)
        else if (at === '' || deaf.includes(at)) io.to(playerRoom(seat.player.id)).emit('match', view)
      }
      if (watched) io.to(watchRoom(id)).emit('match', view)
    },
    matchHere({ seats }, view) {
      for (const seat of seats) if (nodeOf(seat.connection) === node) show(seat, view)
    },
    emote({ id, seats, watched }, event) {
      // One message a room: a message to several rooms at once would go to every node.
      for (const { bot, player } of seats) if (!bot) io.to(playerRoom(player.id)).emit('emote', event)
      if (watched) io.to(watchRoom(id)).emit('emote', event)
    },
    player(player) {
      io.to(playerRoom(player.id)).emit('player', player)
    },
    close(connection, reason) {
      const id = socketOf(connection)
      const local = io.sockets.sockets.get(id)
      if (local) {
        if (reason === 'replaced') local.emit('session:replaced')
        local.disconnect(true)
        return
      }
      if (reason === 'replaced') io.to(id).emit('session:replaced')
      io.in(id).disconnectSockets(true)
    },
  }
}
