import type { RedisClient } from '../redis/connect.ts'
import { playerMatchKey } from '../keys.ts'
import { defineScript } from '../scripts.ts'
import type { Metrics } from '../metrics.ts'
import type { Claim, Referee } from './referee.ts'
import { seatOf, type MatchState } from './state.ts'

/**
 * Where each player is: `cq:player:<id>:match` holds `<match>#<token>`.
 *
 * Invariant: a player has a seat in one match at a time. Players and matches live in different slots,
 * so a seat is taken in two steps: claim the player for the match, then join it under the claim's
 * token. A claim whose join is yet to come may be overtaken by another; overtaking bars the old token
 * in the old match first, so that a chain which wakes up late finds its join refused.
 */
export interface Whereabouts {
  /**
   * Claims a player for a match that exists. Answers the match he is seated in when that one still runs.
   * @param left where he was when his match had ended: if he is there still, nothing can hold him
   */
  claim(player: string, match: string, token: string, left?: string): Promise<{ claimed: true } | { claimed: false; state: MatchState; now: number }>
  /** The same as what a script is to do. */
  claimOf(player: string, match: string, token: string, left?: string): Claim
  /** Forgets that a player is in this match; nothing happens when he is elsewhere by now. */
  release(player: string, match: string): Promise<void>
  /** The match in which a player has a seat, running or ended a while ago; `place` is what `claim` knows it by. */
  current(player: string): Promise<{ state: MatchState; now: number; place: string } | null>
  /** What a search for an opponent begins with; asks Redis for the match only if this node has not seen it end. */
  standing(player: string): Promise<Standing>
}

/** In a match that runs, or free. */
export type Standing =
  | { live: { state: MatchState; now: number } }
  | {
      live: null
      /** The opponent of his last match; null where there is none. */
      last: string | null
      /** What `claim` knows that match by. */
      left?: string
    }

/** Longer than any match can last: an abandoned pointer goes away by itself. */
const POINTER_MS = 86_400_000

const REPLACE = `
-- KEYS[1] pointer; ARGV: the value meant, the new value, ms to live. 1 when it was replaced.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`

const RELEASE = `
-- KEYS[1] pointer; ARGV: match id
local value = redis.call('GET', KEYS[1])
if value and string.sub(value, 1, #ARGV[1] + 1) == ARGV[1] .. '#' then redis.call('DEL', KEYS[1]) end
return 1`

export function createWhereabouts(redis: RedisClient, referee: Referee, metrics: Metrics): Whereabouts {
  const replace = defineScript(redis, metrics, 'whereabouts_replace', REPLACE, 1)
  const release = defineScript(redis, metrics, 'whereabouts_release', RELEASE, 1)
  const split = (value: string): [match: string, token: string] => {
    const at = value.indexOf('#')
    return [value.slice(0, at), value.slice(at + 1)]
  }

  const claimOf = (player: string, match: string, token: string, left?: string): Claim => ({ key: playerMatchKey(player), place: `${match}#${token}`, ms: POINTER_MS, ...(left === undefined ? {} : { left }) })

  async function read(player: string, place: string): Promise<{ state: MatchState; now: number; place: string } | null> {
    const { state, now } = await referee.read(split(place)[0])
    return state && seatOf(state, player) !== null ? { state, now, place } : null
  }

  return {
    claimOf,
    async claim(player, match, token, left) {
      const { key, place: value } = claimOf(player, match, token)
      // An ended match never runs again.
      if (left !== undefined && (await replace(key, left, value, POINTER_MS)) === 1) return { claimed: true }
      for (;;) {
        const old = await redis.set(key, value, 'PX', POINTER_MS, 'NX', 'GET')
        if (old === null || old === value) return { claimed: true }
        const [oldMatch, oldToken] = split(old)
        if (oldMatch !== match) {
          const verdict = await referee.bar(oldMatch, player, oldToken)
          if (verdict.code === 'in_match' && verdict.state) return { claimed: false, state: verdict.state, now: verdict.now }
        }
        if ((await replace(key, old, value, POINTER_MS)) === 1) return { claimed: true }
      }
    },
    async release(player, match) {
      await release(playerMatchKey(player), match)
    },
    async current(player) {
      const place = await redis.get(playerMatchKey(player))
      return place === null ? null : read(player, place)
    },
    async standing(player) {
      const place = await redis.get(playerMatchKey(player))
      if (place === null) return { live: null, last: null }
      const players = referee.ended(split(place)[0])
      if (players?.includes(player)) return { live: null, last: players[players[0] === player ? 1 : 0], left: place }
      const current = await read(player, place)
      if (!current) return { live: null, last: null }
      const { state, now } = current
      if (state.status !== 'finished') return { live: { state, now } }
      return { live: null, last: state.seats[seatOf(state, player) === 0 ? 1 : 0]?.player.id ?? null, left: place }
    },
  }
}
