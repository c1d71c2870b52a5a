import type { RedisClient } from '../redis/connect.ts'
import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { newMatchId, newRoomCode } from '../ids.ts'
import { roomKey } from '../keys.ts'
import type { MatchSetup, NewSeat, Occupant, Terms } from '../match/match.ts'
import type { Matches } from '../match/matches.ts'
import type { Stored } from '../match/store.ts'
import type { Reservations } from './reservations.ts'

/** Where a request comes from: a connection, and whether its client is in the background. */
export type From = Pick<NewSeat, 'connection' | 'background'>

/** Private rooms: a match that waits for the player who brings its code. */
export interface Rooms {
  /** Opens a room, or returns the match in which the player is. */
  create(player: string, from: From, terms: Terms): Promise<Stored>
  /** @throws CatalogueError room_not_found, room_full (they may watch), room_closed */
  join(player: string, from: From, code: string): Promise<Stored>
  /** The match of a code. @throws CatalogueError room_not_found */
  find(code: string): Promise<string>
}

export interface RoomsOptions {
  redis: RedisClient
  matches: Matches
  reservations: Reservations
  /** The player's record as it is now. */
  profile(player: string): Promise<PublicPlayer | null>
  shards: number
  /** How long a room waits for its second player, ms. */
  waitMs: number
  setupOf(code: string, terms: Terms, seats: readonly Occupant[]): MatchSetup
}

function replaced(): never {
  throw new CatalogueError('connection_replaced')
}

/** The host of a room holds a reservation with this token. */
const HOST = 'host'

export function createRooms({ redis, matches, reservations, profile, shards, waitMs, setupOf }: RoomsOptions): Rooms {
  async function freeCode(match: string): Promise<string> {
    for (;;) {
      const code = newRoomCode()
      if (await redis.set(roomKey(code), match, 'PX', waitMs, 'NX')) return code
    }
  }

  /** The opponent who waits for a rematch with this player waits in vain. */
  function tellOpponent(match: string, player: string): void {
    matches.playsElsewhere(match, player).catch(() => undefined)
  }

  async function seatFor(player: string, from: From): Promise<NewSeat> {
    const record = await profile(player)
    if (!record || record.deleted) throw new CatalogueError('unauthorized')
    return { player: record, bot: false, ...from }
  }

  async function find(code: string): Promise<string> {
    const match = await redis.batchedGet(roomKey(code))
    if (match === null) throw new CatalogueError('room_not_found')
    return match
  }

  return {
    find,
    async create(player, { connection, background }, terms) {
      const here = await reservations.current(player)
      if (here && here.match.status !== 'finished') return here
      const id = newMatchId(shards)
      const { player: record, bot } = await seatFor(player, { connection, background })
      const reservation = await reservations.reserve(player, id, HOST, { connection })
      if (!reservation.reserved) return reservation.live ?? replaced()
      if (reservation.before !== undefined) tellOpponent(reservation.before, player)
      const code = await freeCode(id)
      const stored = await matches.create(
        { id, setup: setupOf(code, terms, [{ player: record, bot }]), connections: [connection], background },
        reservation.until,
      )
      // Another request of the same player has reserved them for another match.
      if (stored.match.status === 'finished') throw new CatalogueError('unavailable', { retryAfterMs: 100 })
      return stored
    },
    async join(player, from, code) {
      const id = await find(code)
      const seat = await seatFor(player, from)
      // Each attempt has a token of its own, so that fencing an attempt that was overtaken affects no other.
      const token = newRoomCode()
      const reservation = await reservations.reserve(player, id, token, { connection: from.connection })
      if (!reservation.reserved) return reservation.live ?? replaced()
      try {
        const stored = await matches.join(id, seat, { token, until: reservation.until })
        if (stored.match.status === 'finished') throw new CatalogueError('room_closed')
        if (reservation.before !== undefined) tellOpponent(reservation.before, player)
        // Its host may be alone again and wait for another guest.
        if (stored.match.status === 'waiting') await redis.pexpire(roomKey(code), waitMs)
        return stored
      } catch (error) {
        if (error instanceof CatalogueError) {
          await reservations.release(player, id)
          if (error.code === 'match_not_found') throw new CatalogueError('room_closed')
        }
        throw error
      }
    },
  }
}
