import type { RedisClient } from '../redis/connect.ts'
import type { BestOf, MatchView, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { newMatchId, newRoomCode } from '../ids.ts'
import { roomKey } from '../keys.ts'
import type { Matches } from './matches.ts'
import type { NewMatch, NewSeat } from './rules.ts'
import { viewOf } from './state.ts'
import type { Whereabouts } from './whereabouts.ts'

/** Private rooms: a match that waits for whoever brings its code. */
export interface Rooms {
  create(player: string, connection: string, bestOf: BestOf): Promise<{ match: MatchView; code: string }>
  /** @throws CatalogueError room_not_found, room_full (he may watch), room_closed */
  join(player: string, connection: string, code: string): Promise<MatchView>
  /** The match of a code. @throws CatalogueError room_not_found */
  find(code: string): Promise<string>
}

export interface RoomsOptions {
  redis: RedisClient
  matches: Matches
  whereabouts: Whereabouts
  /** The player's record as it is now. */
  profile(player: string): Promise<PublicPlayer | null>
  shards: number
  /** How long a room waits for its second player, ms. */
  waitMs: number
  newMatch(id: string, code: string, bestOf: BestOf, seat: NewSeat): NewMatch
}

export function createRooms({ redis, matches, whereabouts, profile, shards, waitMs, newMatch }: RoomsOptions): Rooms {
  async function freeCode(match: string): Promise<string> {
    for (;;) {
      const code = newRoomCode()
      if (await redis.set(roomKey(code), match, 'PX', waitMs, 'NX')) return code
    }
  }

  async function seatFor(player: string, connection: string): Promise<NewSeat> {
    const record = await profile(player)
    if (!record) throw new CatalogueError('unauthorized')
    return { player: record, connection, bot: false }
  }

  async function find(code: string): Promise<string> {
    const match = await redis.get(roomKey(code))
    if (match === null) throw new CatalogueError('room_not_found')
    return match
  }

  return {
    find,
    async create(player, connection, bestOf) {
      const here = await whereabouts.current(player)
      if (here && here.state.status !== 'finished') return { match: viewOf(here.state, here.now), code: here.state.code ?? '' }
      const id = newMatchId(shards)
      const seat = await seatFor(player, connection)
      const code = await freeCode(id)
      // Open for a moment, until its owner is claimed: a node that dies here leaves no room without one.
      await matches.create(newMatch(id, code, bestOf, seat))
      const claim = await whereabouts.claim(player, id, code)
      if (claim.claimed) return { match: await matches.confirm(id, waitMs), code }
      await matches.leave(id, player)
      return { match: viewOf(claim.state, claim.now), code: claim.state.code ?? '' }
    },
    async join(player, connection, code) {
      const id = await find(code)
      const seat = await seatFor(player, connection)
      // Each attempt has a token of its own, so that an attempt which was overtaken bars itself only.
      const token = newRoomCode()
      const claim = await whereabouts.claim(player, id, token)
      if (!claim.claimed) return viewOf(claim.state, claim.now)
      try {
        const match = await matches.join(id, seat, token)
        if (match.status === 'finished') throw new CatalogueError('room_closed')
        return match
      } catch (fault) {
        if (fault instanceof CatalogueError) {
          await whereabouts.release(player, id)
          if (fault.code === 'match_not_found') throw new CatalogueError('room_closed')
        }
        throw fault
      }
    },
  }
}
