import type { RedisClient } from '../redis/connect.ts'
import { QUEUE_MODES, type MatchMode, type PublicPlayer, type QueueMode, type QueueView } from '../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { newMatchId } from '../ids.ts'
import { playerQueueKey, playerSocketKey } from '../keys.ts'
import type { Log } from '../log.ts'
import { BOT, BOT_CONNECTION } from '../match/bot.ts'
import { hasBegun, type Match, type MatchSetup, type Occupant, type Terms } from '../match/match.ts'
import type { Matches } from '../match/matches.ts'
import type { Stored } from '../match/store.ts'
import type { Penalties } from './penalties.ts'
import type { Pair, Queue, Ticket } from './queue.ts'
import type { Reservations, Standing } from './reservations.ts'

/**
 * Brings two players together. Queue, matches and players lie in different hash slots, so a match is made in steps
 * under one id, each of which may be repeated by any node: note the pair → reserve its players → store the match with
 * both → forget the pair. What a dead node left half done stands in `pairs` (or, for a rematch, in the match
 * before), and the sweep of another node completes it.
 */
export interface Matchmaker {
  /** @throws CatalogueError rate_limited while a penalty runs */
  find(player: string, connection: string, mode: QueueMode, terms: Terms): Promise<Found>
  /** A match against a bot, at once. */
  practice(player: string, connection: string, terms: Terms): Promise<Found>
  /** Asks for another match against the same opponent; returns it once both have asked. */
  rematch(player: string, match: string): Promise<Stored | null>
  cancel(player: string): Promise<void>
  /** Takes the ticket out that a closed socket leaves behind. */
  abandon(player: string, connection: string): Promise<void>
  queued(player: string): Promise<QueueView | null>
  /** Pairs who waits long enough, and completes what was left half done. */
  sweep(): Promise<void>
  /** Carries on the making of the match that follows this one. */
  continueRematch(match: Match): Promise<void>
}

export type Found = { state: 'queued' } | { state: 'matched'; stored: Stored }

export interface MatchmakerOptions {
  redis: RedisClient
  queue: Queue
  matches: Matches
  reservations: Reservations
  penalties: Penalties
  /** The player's record as it is now. */
  profile(player: string): Promise<PublicPlayer | null>
  log: Log
  shards: number
  ticketTtlMs: number
  /** A pair older than this is no longer in the hands of the node that made it, ms. */
  orphanedMs: number
  setupOf(mode: MatchMode, terms: Terms, seats: readonly Occupant[]): MatchSetup
}

/** A match in the making. */
type Forming = Pick<Pair, 'match' | 'mode' | 'bestOf' | 'tickets'>

/** Reservations for a pair have one token, whichever node carries on with it. */
const TOKEN = 'pair'
/** Pairs that one sweep makes at most. */
const PAIRS_A_SWEEP = 100

/** Where somebody is who is in no match that runs. */
type Free = Extract<Standing, { live: null }>

const isBot = ({ player }: Ticket): boolean => player.id === BOT.id
const occupantOf = (ticket: Ticket): Occupant => ({ player: ticket.player, bot: isBot(ticket) })

export const botTicket: Ticket = { player: BOT, connection: BOT_CONNECTION, bestOf: 1, options: {}, last: null, since: 0 }

export function createMatchmaker(options: MatchmakerOptions): Matchmaker {
  const { redis, queue, matches, reservations, penalties, profile, log, shards, ticketTtlMs, orphanedMs, setupOf } = options

  /** Makes the match; or returns the tickets whose players are still free if it does not come about. */
  async function form({ match, mode, bestOf, tickets }: Forming): Promise<Stored | Ticket[]> {
    const people = tickets.filter((ticket) => !isBot(ticket))
    let reserved = await Promise.all(people.map(({ player, left }) => reservations.tryReserve(player.id, match, TOKEN, left)))
    if (reserved.includes(null)) {
      // Something has happened since they were paired. If another node has made the match, whoever is elsewhere by now has left it since.
      const made = await matches.read(match)
      if (made) return hasBegun(made.match) ? made : abort(match, people)
      const outcomes = await Promise.all(people.map(({ player, left }) => reservations.reserve(player.id, match, TOKEN, left)))
      reserved = outcomes.map((outcome) => (outcome.reserved ? outcome : null))
    }
    const until = Math.min(...reserved.map((each) => each?.until ?? -Infinity))
    if (reserved.includes(null)) {
      // Before anybody is let go: no other node must store the match for those who are free.
      const made = await matches.bury(match)
      if (made && hasBegun(made.match)) return made
      return abort(match, people.filter((_, index) => reserved[index]))
    }
    const stored = await matches.create({ id: match, setup: setupOf(mode, { bestOf, options: tickets[0].options }, tickets.map(occupantOf)), connections: tickets.map(({ connection }) => connection) }, until)
    // Somebody was overtaken by another reservation, or another node gave the match up: a player who is not free any more
    // finds that out with the next pair.
    return hasBegun(stored.match) ? stored : abort(match, people)
  }

  async function abort(match: string, free: Ticket[]): Promise<Ticket[]> {
    log.info({ match }, 'a match did not come about: one player is in another')
    await Promise.all(free.map((ticket) => reservations.release(ticket.player.id, match)))
    return free
  }

  /** Players who are left wait on in their old place. */
  async function complete(pair: Pair): Promise<Found> {
    const outcome = await form(pair)
    const free = Array.isArray(outcome) ? outcome : null
    await queue.settle(pair, free === null ? 'formed' : pair.mode === 'practice' ? [] : free)
    return Array.isArray(outcome) ? { state: 'queued' } : { state: 'matched', stored: outcome }
  }

  async function continueRematch({ id, next, setup: { seats, mode, bestOf, options } }: Match): Promise<void> {
    const [one, two] = await Promise.all(seats.map(async ({ player, bot }) => {
      if (bot) return botTicket
      const [record, connection] = await Promise.all([profile(player.id), redis.get(playerSocketKey(player.id))])
      return { player: record ?? player, connection: connection ?? '', bestOf, options, last: null, since: 0 }
    }))
    if (next !== null && one && two) await form({ match: next, mode, bestOf, tickets: [one, two] })
    await matches.rematched(id)
  }

  async function live(player: string): Promise<Extract<Found, { state: 'matched' }> | null> {
    const standing = await reservations.standing(player)
    return standing.live && { state: 'matched', stored: standing.live }
  }

  const modeOf = (place: string | null): QueueMode | undefined => QUEUE_MODES.find((mode) => place?.startsWith(`${mode}:`))
  const placeOf = async (player: string): Promise<QueueMode | undefined> => modeOf(await redis.get(playerQueueKey(player)))

  async function cancel(player: string, connection: string): Promise<void> {
    const mode = await placeOf(player)
    if (mode) await queue.cancel(mode, player, connection)
  }

  function ticketFor(record: PublicPlayer | null, connection: string, terms: Terms, { last, left }: Free): Omit<Ticket, 'since'> {
    if (!record) throw new CatalogueError('unauthorized')
    return { player: record, connection, ...terms, last, ...(left === undefined ? {} : { left }) }
  }

  return {
    continueRematch,
    async find(player, connection, mode, terms) {
      const [standing, record, oldMode, retryAfterMs] = await Promise.all([reservations.standing(player), profile(player), placeOf(player), mode === 'ranked' ? penalties.waitMs(player) : 0])
      if (standing.live) return { state: 'matched', stored: standing.live }
      if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { message: 'You left several ranked matches: wait a little.', retryAfterMs })
      const ticket = ticketFor(record, connection, terms, standing)
      // The old ticket goes before the note of where it is: a node that dies in between loses neither.
      if (oldMode && oldMode !== mode) await queue.cancel(oldMode, player, '')
      const note = redis.set(playerQueueKey(player), `${mode}:${terms.bestOf}`, 'PX', ticketTtlMs * 4)
      const [found] = await Promise.all([queue.find(mode, ticket, newMatchId(shards)), note])
      if (found.state !== 'pair') return { state: 'queued' }
      const reply = await complete(found.pair)
      return reply.state === 'matched' ? reply : ((await live(player)) ?? reply)
    },
    async practice(player, connection, terms) {
      const [standing, record] = await Promise.all([reservations.standing(player), profile(player)])
      if (standing.live) return { state: 'matched', stored: standing.live }
      await cancel(player, '')
      const ticket = { ...ticketFor(record, connection, terms, { ...standing, last: null }), since: 0 }
      const reply = await complete(await queue.note({ match: newMatchId(shards), queue: 'casual', mode: 'practice', bestOf: terms.bestOf, tickets: [ticket, botTicket] }))
      const after = reply.state === 'matched' ? reply : await live(player)
      if (!after) throw new CatalogueError('unavailable', { retryAfterMs: 1000 })
      return after
    },
    async rematch(player, match) {
      const asked = await matches.rematch(match, player, newMatchId(shards))
      const { next } = asked.match
      if (next === null) return null
      await continueRematch(asked.match)
      const now = await live(player)
      return now?.stored.match.id === next ? now.stored : null
    },
    cancel: (player) => cancel(player, ''),
    abandon: cancel,
    async queued(player) {
      const mode = await placeOf(player)
      const ticket = mode ? await queue.ticket(mode, player) : null
      return mode && ticket ? { mode, bestOf: ticket.bestOf, since: ticket.since } : null
    },
    async sweep() {
      const [seconds, micros] = await redis.time()
      const now = Number(seconds) * 1000 + Number(micros) / 1000
      for (const mode of QUEUE_MODES) {
        const made = await queue.sweep(mode, Array.from({ length: PAIRS_A_SWEEP }, () => newMatchId(shards)))
        const orphans = (await queue.pairs(mode)).filter(({ at }) => now - at > orphanedMs)
        await Promise.all([...made, ...orphans].map(complete))
      }
    },
  }
}
