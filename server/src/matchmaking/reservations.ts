import type { RedisClient } from '../redis/connect.ts'
import { playerConnectionKey, playerMatchKey } from '../keys.ts'
import type { Matches } from '../match/matches.ts'
import { playersOf, seatOf } from '../match/match.ts'
import type { Stored } from '../match/store.ts'
import type { Metrics } from '../metrics.ts'
import { fieldsOf } from '../redis/reply.ts'
import { defineScript } from '../scripts.ts'

/**
 * The one match of each player: `cq:player:<id>:match` holds `<match>#<token>#<Redis time, ms>`.
 *
 * Invariant: a player has a seat in one running match at a time. Players and matches lie in different hash slots, so a seat is taken in two
 * steps: reserve the player for the match, then store the match with them in it (or join it) under the reservation's token. A reservation
 * whose second step has not happened may be overtaken by another one. The caller who overtakes it first makes sure that the second step
 * never happens: a waiting match fences the token, and a match that is not stored yet gets a tombstone. Neither is needed if the
 * reservation is older than MAKING_MS: nothing stores a match so late.
 */
export interface Reservations {
  /**
   * Reserves a player for a match, and replaces any other reservation unless the player has a seat in its running match.
   * @param options `known`: the reservation that the caller has seen and knows to be over; `connection`: that of the player who asked,
   *   which must still be theirs
   */
  reserve(player: string, match: string, token: string, options?: ReserveOptions): Promise<Reserved | Held | Gone>
  /** As `reserve`, but gives up if the player holds any other reservation than `known`: then no match was looked up. */
  tryReserve(player: string, match: string, token: string, options?: ReserveOptions): Promise<Reserved | Gone | null>
  /** Ends the reservation of a player for this match; does nothing if they hold another one by now. */
  release(player: string, match: string): Promise<void>
  /** The match in which a player has a seat, running or recently ended. Read from Redis, never from a cache. */
  current(player: string): Promise<Stored | null>
  /** What a search for an opponent begins with. Reads the match from Redis only if this node has not seen it end. */
  availability(player: string): Promise<Availability>
}

export interface Reserved {
  reserved: true
  /** Redis time, ms, after which the match must not be stored for this reservation any more. */
  until: number
  /** The ended match for which they were reserved before; absent if the caller named it. */
  before?: string
}
/** The player has a seat in this running match. */
export interface Held {
  reserved: false
  live: Stored
}
/** The connection that asked is not the player's any more. */
export interface Gone {
  reserved: false
  live: null
}

export interface ReserveOptions {
  known?: string | undefined
  connection?: string
}

/** The player is in a running match, or free. */
export type Availability =
  | { live: Stored }
  | {
      live: null
      /** The opponent of the last match; null if there is none. */
      last: string | null
      /** The reservation for that match, which is over. */
      left?: string
    }

/** Longer than any match can last: a reservation that is left behind expires, ms. */
const KEEP_MS = 86_400_000
/** Storing a match takes milliseconds. A node that is later than this does not do it any more. */
const STORE_WITHIN_MS = 30_000
/** Twice that, since players and matches may lie on primaries whose clocks differ. An ended match is kept longer. */
export const MAKING_MS = 2 * STORE_WITHIN_MS

const RESERVE = `#!lua
-- KEYS: the player's reservation, <the player's connection>#<when it came>
-- ARGV: match, token, the reservation that may be replaced ('' for none), ms to keep it, the connection that asks ('' for none)
-- Reply, names and values in turn: now; held: the reservation that stands in the way, if any; gone, if the player has another
--   connection by now, or none
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local values = redis.call('MGET', KEYS[1], KEYS[2])
local held, connection = values[1], values[2] or ''
if ARGV[5] ~= '' and string.match(connection, '^(.*)#') ~= ARGV[5] then return { 'now', now, 'gone', '1' } end
local own = ARGV[1] .. '#' .. ARGV[2] .. '#'
if held and held ~= ARGV[3] and string.sub(held, 1, #own) ~= own then return { 'now', now, 'held', held } end
redis.call('SET', KEYS[1], own .. string.format('%.0f', now), 'PX', ARGV[4])
return { 'now', now }`

const RELEASE = `#!lua flags=allow-oom
-- KEYS[1] the player's reservation; ARGV: match
local held = redis.call('GET', KEYS[1])
if held and string.sub(held, 1, #ARGV[1] + 1) == ARGV[1] .. '#' then redis.call('DEL', KEYS[1]) end
return 1`

/** The match that a reservation is for. */
export const matchOf = (reservation: string): string => parse(reservation).match

const GONE: Gone = { reserved: false, live: null }

function parse(reservation: string): { match: string; token: string; at: number } {
  const [match = '', token = '', at] = reservation.split('#')
  return { match, token, at: Number(at ?? 0) }
}

export function createReservations(redis: RedisClient, matches: Matches, metrics: Metrics): Reservations {
  const run = defineScript(redis, metrics, 'reservation_reserve', RESERVE, 2)
  const release = defineScript(redis, metrics, 'reservation_release', RELEASE, 1)

  async function attempt(
    player: string,
    match: string,
    token: string,
    replaceable: string,
    connection: string,
  ): Promise<Reserved | Gone | { now: number; held: string }> {
    const { now, held, gone } = fieldsOf(
      await run(playerMatchKey(player), playerConnectionKey(player), match, token, replaceable, KEEP_MS, connection),
    )
    if (gone !== undefined) return GONE
    return held === undefined ? { reserved: true, until: Number(now) + STORE_WITHIN_MS } : { now: Number(now), held }
  }

  async function read(player: string, reservation: string): Promise<Stored | null> {
    const stored = await matches.read(parse(reservation).match)
    return stored && seatOf(stored.match, player) !== null ? stored : null
  }

  return {
    async reserve(player, match, token, { known = '', connection = '' } = {}) {
      for (let replaceable = known; ;) {
        const outcome = await attempt(player, match, token, replaceable, connection)
        if ('reserved' in outcome) return outcome.reserved && replaceable !== known ? { ...outcome, before: matchOf(replaceable) } : outcome
        const held = parse(outcome.held)
        // Reservations for one match do not exclude one another: there is one seat to be taken.
        if (held.match !== match) {
          const live = await whyHeld(player, held, outcome.now)
          if (live) return { reserved: false, live }
        }
        replaceable = outcome.held
      }
    },
    async tryReserve(player, match, token, { known = '', connection = '' } = {}) {
      const outcome = await attempt(player, match, token, known, connection)
      return 'reserved' in outcome ? outcome : null
    },
    async release(player, match) {
      await release(playerMatchKey(player), match)
    },
    async current(player) {
      const reservation = await redis.batchedGet(playerMatchKey(player))
      return reservation === null ? null : read(player, reservation)
    },
    async availability(player) {
      const reservation = await redis.batchedGet(playerMatchKey(player))
      if (reservation === null) return { live: null, last: null }
      const players = matches.ended(parse(reservation).match)
      if (players?.includes(player)) return { live: null, last: players[players[0] === player ? 1 : 0], left: reservation }
      const stored = await read(player, reservation)
      if (!stored) return { live: null, last: null }
      if (stored.match.status !== 'finished') return { live: stored }
      return { live: null, last: playersOf(stored.match).find((id) => id !== player && id !== '') ?? null, left: reservation }
    },
  }

  /** The match that holds a player because they play in it; null once nothing can seat them there any more. */
  async function whyHeld(player: string, { match, token, at }: ReturnType<typeof parse>, now: number): Promise<Stored | null> {
    if (matches.ended(match)) return null
    if (now - at < MAKING_MS) return matches.fence(match, player, token)
    const stored = await matches.read(match)
    return stored && stored.match.status !== 'finished' && seatOf(stored.match, player) !== null ? stored : null
  }
}
