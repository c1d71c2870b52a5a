import type { AnyGame, Seat } from '../../../games/rules.ts'
import type { EmoteEvent, OwnPlayer, WatchersEvent } from '../../../client-sdk/src/protocol.ts'
import type { Match } from '../match/match.ts'
import { nodeOf, type Stored } from '../match/store.ts'
import { viewOf, type AnyView } from '../match/view.ts'
import { expectAfter } from './resync.ts'
import { sendToAll } from './shared-frame.ts'
import type { GameServer, GameSocket } from './types.ts'

/**
 * Messages to players and spectators, wherever they are connected.
 *
 * A view goes to the connection that plays a seat: the node that changed the match sends it to its own sockets, and the commit publishes
 * the change to the other nodes. If such a socket is gone, or its node, the view goes to the player's room, which their socket joins when
 * it connects and never leaves: they may be anywhere by now.
 */
export interface FanOut {
  /** A change that this node made. @param unreachable nodes that did not receive it */
  committed(stored: Stored, unreachable: readonly string[]): void
  /** A change that another node made: to the seats that are played here, and to spectators here. */
  remote(stored: Stored): void
  emote(match: Match, event: EmoteEvent): void
  watchers(match: Match, event: WatchersEvent): void
  /** Sends a player their own record. */
  player(player: OwnPlayer): void
  /** Closes a connection of this or another node for good. */
  close(connection: string, reason: 'replaced' | 'logged_out'): void
}

/** The name of a connection in seats, tickets and the registry. Nodes that follow one another never share a name. */
export const connectionOf = (node: string, socket: string): string => `${node}:${socket}`

const socketOf = (connection: string): string => connection.slice(connection.indexOf(':') + 1)

/** Never 20 characters long: the adapter takes such a room for a socket id. */
export const playerRoom = (player: string): string => `player:${player}`

export const watchRoom = (match: string): string => `match:${match}`

export function createFanOut(io: GameServer, game: AnyGame, node: string): FanOut {
  /** Views of one state, made when they are first needed; one for everybody if the game shows all viewers the same. */
  function viewsOf(stored: Stored): (viewer: Seat | null) => AnyView {
    if (!game.viewDiffers) {
      let common: AnyView | undefined
      return () => (common ??= viewOf(game, stored, null))
    }
    return (viewer) => viewOf(game, stored, viewer)
  }

  function toSeat(player: string, connection: string, view: AnyView): void {
    const socket = io.sockets.sockets.get(socketOf(connection))
    if (socket) show([socket], view)
    else io.to(playerRoom(player)).emit('match', view)
  }

  /** To sockets of this node. */
  function show(sockets: readonly GameSocket[], view: AnyView): void {
    sendToAll(sockets, 'match', view)
    for (const socket of sockets) expectAfter(socket, view)
  }

  /** Both seats at once, if their sockets are here. */
  function toBothSeats({ match: { setup, seats } }: Stored, view: (viewer: Seat | null) => AnyView): boolean {
    if (game.viewDiffers || setup.seats.length < 2) return false
    const sockets: GameSocket[] = []
    for (const { connection } of seats) {
      if (nodeOf(connection) !== node) return false
      const socket = io.sockets.sockets.get(socketOf(connection))
      if (!socket) return false
      sockets.push(socket)
    }
    show(sockets, view(null))
    return true
  }

  function toSpectators({ match }: Stored, view: (viewer: null) => AnyView): void {
    const watching: GameSocket[] = []
    for (const id of io.sockets.adapter.rooms.get(watchRoom(match.id)) ?? []) {
      const socket = io.sockets.sockets.get(id)
      if (socket) watching.push(socket)
    }
    if (watching.length > 0) show(watching, view(null))
  }

  /** One message for each room: a message to several rooms at once would go to every node. */
  function toAll({ id, setup }: Match, emit: (room: ReturnType<GameServer['to']>) => void): void {
    for (const { bot, player } of setup.seats) if (!bot) emit(io.to(playerRoom(player.id)))
    emit(io.to(watchRoom(id)))
  }

  return {
    committed(stored, unreachable) {
      const view = viewsOf(stored)
      const { setup, seats } = stored.match
      if (!toBothSeats(stored, view)) {
        setup.seats.forEach(({ player, bot }, index) => {
          if (bot) return
          const seat = index as Seat
          const connection = seats[seat]?.connection ?? ''
          const at = nodeOf(connection)
          if (at === node) toSeat(player.id, connection, view(seat))
          else if (at === '' || unreachable.includes(at)) io.to(playerRoom(player.id)).emit('match', view(seat))
        })
      }
      toSpectators(stored, view)
    },
    remote(stored) {
      const view = viewsOf(stored)
      const { setup, seats } = stored.match
      if (!toBothSeats(stored, view))
        setup.seats.forEach(({ player }, index) => {
          const seat = index as Seat
          const connection = seats[seat]?.connection ?? ''
          if (nodeOf(connection) === node) toSeat(player.id, connection, view(seat))
        })
      toSpectators(stored, view)
    },
    emote: (match, event) => toAll(match, (room) => room.emit('emote', event)),
    watchers: (match, event) => toAll(match, (room) => room.emit('watchers', event)),
    player(player) {
      const room = playerRoom(player.id)
      // A player has one connection. If it is here, nothing is published: that saves a message through Redis per player and match.
      const here = io.sockets.adapter.rooms.has(room)
      ;(here ? io.local.to(room) : io.to(room)).emit('player', player)
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
