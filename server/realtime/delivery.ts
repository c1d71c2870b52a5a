import type { EmoteEvent, MatchView, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { MatchState } from '../game/state.ts'
import type { GameServer } from './types.ts'

/**
 * Messages to players and spectators, wherever they are connected. Each player has one room that his socket joins when
 * it connects and never changes: with a room per match, a node that has yet to subscribe to it would
 * miss the first views.
 */
export interface Delivery {
  match(state: MatchState, view: MatchView): void
  emote(state: MatchState, event: EmoteEvent): void
  player(player: PublicPlayer): void
  /** Closes a socket of this or another node for good. */
  close(socket: string, reason: 'replaced' | 'logged_out'): void
}

/** Never 20 characters long: the adapter takes such a room for a socket id. */
export const playerRoom = (player: string): string => `player:${player}`

export const watchRoom = (match: string): string => `match:${match}`

/** One message a room: a message to several rooms at once would go to every node. */
function roomsOf({ id, seats, watched }: MatchState): string[] {
  const rooms = seats.filter(({ bot }) => !bot).map(({ player }) => playerRoom(player.id))
  return watched ? [...rooms, watchRoom(id)] : rooms
}

export function createDelivery(io: GameServer): Delivery {
  return {
    match(state, view) {
      for (const room of roomsOf(state)) io.to(room).emit('match', view)
    },
    emote(state, event) {
      for (const room of roomsOf(state)) io.to(room).emit('emote', event)
    },
    player(player) {
      io.to(playerRoom(player.id)).emit('player', player)
    },
    close(id, reason) {
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
