import type { RedisClient } from '../redis/connect.ts'
import { QUEUE_MODES, type MatchMode, type PublicPlayer, type QueueMode, type QueueView } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { newMatchId } from '../ids.ts'
import { playerQueueKey } from '../keys.ts'
import type { Log } from '../log.ts'
import { BOT, BOT_CONNECTION } from '../match/bot.ts'
import { hasBegun, playersOf, seatOf, type Match, type MatchSetup, type Occupant, type Terms } from '../match/match.ts'
import type { Matches } from '../match/matches.ts'
import { nodeOf, type Stored } from '../match/store.ts'
import type { Penalties } from './penalties.ts'
import type { Pair, Queue, Ticket, Unformed } from './queue.ts'
import { matchOf, type ReserveOptions, type Gone, type Held, type Reservations, type Reserved, type Availability } from './reservations.ts'

/**
 * Pairs players. Queue, matches and players lie in different hash slots, so a match is made in steps under one id, and any node may repeat
 * each step: note the pair → reserve its players → store the match with both → forget the pair. What a dead node left half done is in
 * `pairs` (or, for a rematch, in the match before), and the sweep of another node completes it.
 */
export interface Matchmaker {
  /** @throws CatalogueError rate_limited while a penalty runs */
  find(player: string, connection: Connected, mode: QueueMode, terms: Terms): Promise<Found>
  /** Makes a match against a bot at once. */
  practice(player: string, connection: Connected, terms: Terms): Promise<Found>
  /** Asks for another match against the same opponent; returns it once both have asked. */
  rematch(player: string, match: string, connection?: string): Promise<Stored | null>
  /** @param acceptedAt when the connection that asks became the player's: a ticket of a later connection stays */
  cancel(player: string, acceptedAt?: number): Promise<void>
  /** Drops the ticket that a closed socket leaves behind. */
  dropTicket(player: string, connection: string): Promise<void>
  /** The ticket with which this connection waits. */
  queued(player: string, connection: string): Promise<QueueView | null>
  /** A new connection of the player takes over the ticket of the one before: it is shown the ticket and may cancel it. */
  adopt(player: string, connection: Connected): Promise<void>
  /** Pairs players who have waited long enough, and completes what was left half done. */
  sweep(): Promise<void>
  /** Continues to make the next match after a node died while making it. */
  continueRematch(match: Match): Promise<void>
}

/** A connection, and the Redis time (ms) at which it became the player's. */
export interface Connected {
  id: string
  acceptedAt: number
}

export type Found = { state: 'queued' } | { state: 'matched'; stored: Stored }

export interface MatchmakerOptions {
  redis: RedisClient
  queue: Queue
  matches: Matches
  reservations: Reservations
  penalties: Penalties
  /** The player's current record. */
  profile(player: string): Promise<PublicPlayer | null>
  /** The player's connection; null if there is none. */
  connectionOf(player: string): Promise<string | null>
  /** Whether a node is dead, according to Redis. */
  isDead(node: string): Promise<boolean>
  log: Log
  shards: number
  ticketTtlMs: number
  /** The node that made a pair older than this is not working on it any more, ms. */
  orphanedMs: number
  setupOf(mode: MatchMode, terms: Terms, seats: readonly Occupant[]): MatchSetup
}

/** A match in the making. */
type Forming = Pick<Pair, 'match' | 'mode' | 'bestOf' | 'tickets'>

/** Reservations for a pair have one token, whichever node continues with it. */
const TOKEN = 'pair'
/** Pairs that one sweep makes at most. */
const PAIRS_A_SWEEP = 100

/** A player who is in no running match. */
type Free = Extract<Availability, { live: null }>

const isBot = ({ player }: Ticket): boolean => player.id === BOT.id
const occupantOf = (ticket: Ticket): Occupant => ({ player: ticket.player, bot: isBot(ticket) })

export const botTicket: Ticket = { player: BOT, connection: BOT_CONNECTION, acceptedAt: 0, bestOf: 1, options: {}, last: null, since: 0 }

export function createMatchmaker(options: MatchmakerOptions): Matchmaker {
  const { redis, queue, matches, reservations, penalties, profile, connectionOf, isDead, log, shards, ticketTtlMs, orphanedMs, setupOf } =
    options

  /** Makes the match. If that fails, returns the tickets of the players who are still free. */
  async function form({ match, mode, bestOf, tickets }: Forming): Promise<Stored | Unformed> {
    const people = tickets.filter((ticket) => !isBot(ticket))
    const reserveOptionsOf = ({ left, connection }: Ticket): ReserveOptions => ({ known: left, connection })
    // Players whose node is dead are not paired. The reservation checks that their connection is still theirs.
    const isGone = async ({ connection }: Ticket): Promise<boolean> => nodeOf(connection) !== '' && isDead(nodeOf(connection))
    const reserve = async (ticket: Ticket): Promise<Reserved | Gone | null> =>
      (await isGone(ticket))
        ? { reserved: false, live: null }
        : reservations.tryReserve(ticket.player.id, match, TOKEN, reserveOptionsOf(ticket))
    let reserved: (Reserved | Held | Gone | null)[] = await Promise.all(people.map(reserve))
    if (reserved.includes(null)) {
      // Something has happened since they were paired. If another node has made the match, a player who is elsewhere by now has left it.
      const made = await matches.read(match)
      if (made) return hasBegun(made.match) ? moveSeats(made, tickets) : abort(match, people, [])
      reserved = await Promise.all(
        people.map(
          async (ticket, index) => reserved[index] ?? reservations.reserve(ticket.player.id, match, TOKEN, reserveOptionsOf(ticket)),
        ),
      )
    }
    if (!reserved.every((each) => each?.reserved)) {
      // Before any player is released: no other node may store the match for the players who are free.
      const made = await matches.bury(match)
      if (made && hasBegun(made.match)) return moveSeats(made, tickets)
      return abort(
        match,
        people.filter((_, index) => reserved[index]?.reserved),
        people.filter((_, index) => reserved[index]?.reserved === false && reserved[index].live === null),
      )
    }
    const until = Math.min(...reserved.map((each) => (each?.reserved ? each.until : -Infinity)))
    const stored = await matches.create(
      {
        id: match,
        setup: setupOf(mode, { bestOf, options: tickets[0].options }, tickets.map(occupantOf)),
        connections: tickets.map(({ connection }) => connection),
      },
      until,
    )
    // A player was overtaken by another reservation, or another node gave the match up: a player who is not free any more finds that out
    // with the next pair.
    return hasBegun(stored.match) ? moveSeats(stored, tickets) : abort(match, people, [])
  }

  /** A player may have another connection by now than the one with which they were paired: their seat is given that connection. */
  async function moveSeats(stored: Stored, tickets: readonly Ticket[]): Promise<Stored> {
    const people = tickets.filter((ticket) => !isBot(ticket))
    const current = await Promise.all(people.map(({ player }) => connectionOf(player.id)))
    let latest = stored
    for (const [index, { player, connection }] of people.entries()) {
      const now = current[index] ?? ''
      if (now !== connection) latest = (await matches.presence(stored.match.id, player.id, now || connection, now !== '')) ?? latest
    }
    for (const { player, left } of people)
      if (left !== undefined) void matches.playsElsewhere(matchOf(left), player.id).catch(() => undefined)
    return latest
  }

  async function abort(match: string, free: Ticket[], gone: Ticket[]): Promise<Unformed> {
    log.info({ match }, 'a match did not come about: one player is in another')
    await Promise.all(free.map((ticket) => reservations.release(ticket.player.id, match)))
    return { free, gone }
  }

  /** The players who remain keep their place in the queue. */
  async function complete(pair: Pair): Promise<Found> {
    const outcome = await form(pair)
    await queue.complete(pair, 'free' in outcome ? outcome : 'formed')
    return 'free' in outcome ? { state: 'queued' } : { state: 'matched', stored: outcome }
  }

  async function continueRematch({ id, next, setup: { seats, mode, bestOf, options } }: Match): Promise<void> {
    const [one, two] = await Promise.all(
      seats.map(async ({ player, bot }) => {
        if (bot) return botTicket
        const [record, connection] = await Promise.all([profile(player.id), connectionOf(player.id)])
        return { player: record ?? player, connection: connection ?? '', acceptedAt: 0, bestOf, options, last: null, since: 0 }
      }),
    )
    const outcome = next !== null && one && two ? await form({ match: next, mode, bestOf, tickets: [one, two] }) : null
    await matches.rematched(id, outcome === null || 'free' in outcome)
  }

  async function live(player: string): Promise<Extract<Found, { state: 'matched' }> | null> {
    const availability = await reservations.availability(player)
    return availability.live && { state: 'matched', stored: availability.live }
  }

  /** Nobody waits for a rematch with a player who is in another match by now. @throws CatalogueError opponent_left */
  async function assertOpponentFree(player: string, match: string): Promise<void> {
    const stored = await matches.read(match)
    const opponent = stored && playersOf(stored.match).find((id) => id !== player && id !== BOT.id)
    if (!opponent || stored?.match.status !== 'finished' || seatOf(stored.match, player) === null) return
    const { live: elsewhere } = await reservations.availability(opponent)
    if (elsewhere && elsewhere.match.id !== stored.match.next) throw new CatalogueError('opponent_left')
  }

  const modeOf = (place: string | null): QueueMode | undefined => QUEUE_MODES.find((mode) => place?.startsWith(`${mode}:`))
  const placeOf = async (player: string): Promise<QueueMode | undefined> => modeOf(await redis.batchedGet(playerQueueKey(player)))

  async function cancel(player: string, connection: string, acceptedAt = Infinity): Promise<void> {
    const mode = await placeOf(player)
    if (mode) await queue.cancel(mode, player, connection, acceptedAt)
  }

  function ticketFor(
    record: PublicPlayer | null,
    { id: connection, acceptedAt }: Connected,
    terms: Terms,
    { last, left }: Free,
  ): Omit<Ticket, 'since'> {
    if (!record || record.deleted) throw new CatalogueError('unauthorized')
    return { player: record, connection, acceptedAt, ...terms, last, ...(left === undefined ? {} : { left }) }
  }

  return {
    continueRematch,
    async find(player, connection, mode, terms) {
      const [availability, record, oldMode, retryAfterMs] = await Promise.all([
        reservations.availability(player),
        profile(player),
        placeOf(player),
        mode === 'ranked' ? penalties.waitMs(player) : 0,
      ])
      if (availability.live) return { state: 'matched', stored: availability.live }
      if (retryAfterMs > 0)
        throw new CatalogueError('rate_limited', { message: 'You left several ranked matches: wait a little.', retryAfterMs })
      const ticket = ticketFor(record, connection, terms, availability)
      // The old ticket is removed before the note of its queue: a node that dies in between loses neither.
      if (oldMode && oldMode !== mode) await queue.cancel(oldMode, player, '', connection.acceptedAt)
      const note = redis.set(playerQueueKey(player), `${mode}:${terms.bestOf}`, 'PX', ticketTtlMs * 4)
      const [found] = await Promise.all([queue.find(mode, ticket, newMatchId(shards)), note])
      if (found.state === 'replaced') throw new CatalogueError('connection_replaced')
      if (found.state !== 'pair') return { state: 'queued' }
      const reply = await complete(found.pair)
      return reply.state === 'matched' ? reply : ((await live(player)) ?? reply)
    },
    async practice(player, connection, terms) {
      const [availability, record] = await Promise.all([reservations.availability(player), profile(player)])
      if (availability.live) return { state: 'matched', stored: availability.live }
      await cancel(player, '', connection.acceptedAt)
      const ticket = { ...ticketFor(record, connection, terms, { ...availability, last: null }), since: 0 }
      const reply = await complete(
        await queue.note({
          match: newMatchId(shards),
          queue: 'casual',
          mode: 'practice',
          bestOf: terms.bestOf,
          tickets: [ticket, botTicket],
        }),
      )
      const after = reply.state === 'matched' ? reply : await live(player)
      if (!after) throw new CatalogueError('unavailable', { retryAfterMs: 1000 })
      return after
    },
    async rematch(player, match, connection) {
      await assertOpponentFree(player, match)
      const asked = await matches.rematch(match, player, newMatchId(shards), connection)
      const { next } = asked.match
      if (next === null) return null
      await continueRematch(asked.match)
      const now = await live(player)
      if (now?.stored.match.id === next) return now.stored
      // Whichever of the two is in another match: the rematch is not made.
      throw new CatalogueError(now ? 'in_match' : 'opponent_left')
    },
    cancel: (player, acceptedAt) => cancel(player, '', acceptedAt),
    dropTicket: (player, connection) => cancel(player, connection),
    async adopt(player, { id, acceptedAt }) {
      const mode = await placeOf(player)
      if (mode) await queue.adopt(mode, player, id, acceptedAt)
    },
    async queued(player, connection) {
      const mode = await placeOf(player)
      const ticket = mode ? await queue.ticket(mode, player) : null
      return mode && ticket?.connection === connection ? { mode, bestOf: ticket.bestOf, since: ticket.since } : null
    },
    async sweep() {
      const [seconds, micros] = await redis.time()
      const now = Number(seconds) * 1000 + Number(micros) / 1000
      for (const mode of QUEUE_MODES) {
        const made = await queue.sweep(
          mode,
          Array.from({ length: PAIRS_A_SWEEP }, () => newMatchId(shards)),
        )
        // Pairs of the future too: the clock has stepped back since they were made.
        const orphans = (await queue.pairs(mode)).filter(({ at }) => Math.abs(now - at) > orphanedMs)
        await Promise.all([...made, ...orphans].map(complete))
      }
    },
  }
}
