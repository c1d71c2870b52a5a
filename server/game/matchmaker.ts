import type { RedisClient } from '../redis/connect.ts'
import { QUEUE_MODES, type BestOf, type FindReply, type MatchMode, type MatchView, type PublicPlayer, type QueueMode, type QueueView } from '../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { newMatchId } from '../ids.ts'
import { playerQueueKey, playerSocketKey } from '../keys.ts'
import type { Log } from '../log.ts'
import { BOT, BOT_CONNECTION } from './bot.ts'
import type { Matches } from './matches.ts'
import type { Penalties } from './penalties.ts'
import type { Pair, Queue, Ticket } from './queue.ts'
import type { NewMatch, NewSeat } from './rules.ts'
import { viewOf, type MatchState } from './state.ts'
import type { Standing, Whereabouts } from './whereabouts.ts'

/**
 * Brings two players together. Queue, matches and players lie in different slots, so a match is made by a
 * chain of steps under one id, each of which may be repeated: note the pair → create the match with the
 * first → claim the players → seat the second → forget the pair. On one Redis, where a script reaches all of it, the
 * three in the middle are one. What a dead node left half done stands in `pairs` (or, for a rematch, in the match
 * before), and the sweep of another node completes it.
 */
export interface Matchmaker {
  /** @throws CatalogueError rate_limited while a penalty runs */
  find(player: string, connection: string, mode: QueueMode, bestOf: BestOf): Promise<FindReply>
  /** A match against a bot, at once. */
  practice(player: string, connection: string, bestOf: BestOf): Promise<FindReply>
  /** Asks for another match against the same opponent; answers it once both have asked. */
  rematch(player: string, match: string): Promise<MatchView | null>
  cancel(player: string): Promise<void>
  /** Takes the ticket out that a closed socket leaves behind. */
  abandon(player: string, connection: string): Promise<void>
  queued(player: string): Promise<QueueView | null>
  /** Pairs who waits long enough, and completes what was left half done. */
  sweep(): Promise<void>
  /** Carries on the making of the match that follows this one. */
  continueRematch(state: MatchState): Promise<void>
}

export interface MatchmakerOptions {
  redis: RedisClient
  queue: Queue
  matches: Matches
  whereabouts: Whereabouts
  penalties: Penalties
  /** The player's record as it is now. */
  profile(player: string): Promise<PublicPlayer | null>
  log: Log
  shards: number
  ticketTtlMs: number
  /** A pair older than this is no longer in the hands of the node that made it, ms. */
  orphanedMs: number
  newMatch(id: string, mode: MatchMode, bestOf: BestOf, seat: NewSeat): NewMatch
}

/** A match in the making. */
type Forming = Pick<Pair, 'match' | 'mode' | 'bestOf' | 'tickets'>

/** Pairs have one claim a player, whichever node carries the chain on. */
const TOKEN = 'pair'
/** Pairs that one sweep makes at most. */
const PAIRS_A_SWEEP = 100

type Matched = Extract<FindReply, { state: 'matched' }>
/** Where somebody is who is in no match that runs. */
type Free = Extract<Standing, { live: null }>

const isBot = ({ player }: Ticket): boolean => player.id === BOT.id
const seatFor = (ticket: Ticket): NewSeat => ({ player: ticket.player, connection: ticket.connection, bot: isBot(ticket) })

export const botTicket: Ticket = { player: BOT, connection: BOT_CONNECTION, bestOf: 1, last: null, since: 0 }

export function createMatchmaker(options: MatchmakerOptions): Matchmaker {
  const { redis, queue, matches, whereabouts, penalties, profile, log, shards, ticketTtlMs, orphanedMs, newMatch } = options

  /** Makes the match, or answers whose player is still free when it does not come about. */
  async function form({ match, mode, bestOf, tickets }: Forming): Promise<MatchView | Ticket[]> {
    const [first, second] = tickets
    const spec = newMatch(match, mode, bestOf, seatFor(first))
    const people = tickets.filter((ticket) => !isBot(ticket))
    const formed = await matches.form(spec, seatFor(second), people.map(({ player, left }) => whereabouts.claimOf(player.id, match, TOKEN, left)))
    if (formed) return formed
    const created = await matches.create(spec)
    // Another node has made it meanwhile, and whoever is elsewhere by now has left it since.
    if (created.round > 0) return created
    const claims = await Promise.all(people.map((ticket) => whereabouts.claim(ticket.player.id, match, TOKEN, ticket.left)))
    const free = people.filter((_, at) => claims[at]?.claimed)
    if (free.length < people.length) return abort(match, first, free)
    try {
      return await matches.join(match, seatFor(second), TOKEN)
    } catch (fault) {
      if (!(fault instanceof CatalogueError)) throw fault
      // The second has been overtaken; or another node gave the match up, and then both are free. Of who is not, nothing comes but
      // a ticket that finds out with the next pair.
      return abort(match, first, people)
    }
  }

  async function abort(match: string, first: Ticket, free: Ticket[]): Promise<Ticket[]> {
    log.info({ match }, 'a match did not come about: one player is in another')
    await matches.leave(match, first.player.id).catch((fault: unknown) => {
      if (!(fault instanceof CatalogueError)) throw fault
    })
    await Promise.all(free.map((ticket) => whereabouts.release(ticket.player.id, match)))
    return free
  }

  /** Whoever is left waits on in his old place. */
  async function complete(pair: Pair): Promise<FindReply> {
    const outcome = await form(pair)
    const free = Array.isArray(outcome) ? outcome : null
    await queue.settle(pair, free === null ? 'formed' : pair.mode === 'practice' ? [] : free)
    return Array.isArray(outcome) ? { state: 'queued' } : { state: 'matched', match: outcome }
  }

  async function continueRematch(state: MatchState): Promise<void> {
    const { next, seats, mode, bestOf } = state
    const [one, two] = await Promise.all(seats.map(async ({ player, bot }) => {
      if (bot) return botTicket
      const [record, connection] = await Promise.all([profile(player.id), redis.get(playerSocketKey(player.id))])
      return { player: record ?? player, connection: connection ?? '', bestOf, last: null, since: 0 }
    }))
    if (next !== null && one && two) await form({ match: next, mode, bestOf, tickets: [one, two] })
    await matches.rematched(state.id)
  }

  const matched = ({ state, now }: { state: MatchState; now: number }): Matched => ({ state: 'matched', match: viewOf(state, now) })

  async function live(player: string): Promise<Matched | null> {
    const standing = await whereabouts.standing(player)
    return standing.live && matched(standing.live)
  }

  const modeOf = (place: string | null): QueueMode | undefined => QUEUE_MODES.find((mode) => place?.startsWith(`${mode}:`))
  const placeOf = async (player: string): Promise<QueueMode | undefined> => modeOf(await redis.get(playerQueueKey(player)))

  async function cancel(player: string, connection: string): Promise<void> {
    const mode = await placeOf(player)
    if (mode) await queue.cancel(mode, player, connection)
  }

  function ticketFor(record: PublicPlayer | null, connection: string, bestOf: BestOf, { last, left }: Free): Omit<Ticket, 'since'> {
    if (!record) throw new CatalogueError('unauthorized')
    return { player: record, connection, bestOf, last, ...(left === undefined ? {} : { left }) }
  }

  return {
    continueRematch,
    async find(player, connection, mode, bestOf) {
      const [standing, record, oldMode, retryAfterMs] = await Promise.all([whereabouts.standing(player), profile(player), placeOf(player), mode === 'ranked' ? penalties.waitMs(player) : 0])
      if (standing.live) return matched(standing.live)
      if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { message: 'You left several ranked matches: wait a little.', retryAfterMs })
      const ticket = ticketFor(record, connection, bestOf, standing)
      // The old ticket goes before the note of where it is: a node that dies in between loses neither.
      if (oldMode && oldMode !== mode) await queue.cancel(oldMode, player, '')
      const note = redis.set(playerQueueKey(player), `${mode}:${bestOf}`, 'PX', ticketTtlMs * 4)
      const [found] = await Promise.all([queue.find(mode, ticket, newMatchId(shards)), note])
      if (found.state !== 'pair') return { state: 'queued' }
      const reply = await complete(found.pair)
      return reply.state === 'matched' ? reply : ((await live(player)) ?? reply)
    },
    async practice(player, connection, bestOf) {
      const [standing, record] = await Promise.all([whereabouts.standing(player), profile(player)])
      if (standing.live) return matched(standing.live)
      await cancel(player, '')
      const ticket = { ...ticketFor(record, connection, bestOf, { ...standing, last: null }), since: 0 }
      const reply = await complete(await queue.note({ match: newMatchId(shards), queue: 'casual', mode: 'practice', bestOf, tickets: [ticket, botTicket] }))
      const after = reply.state === 'matched' ? reply : await live(player)
      if (!after) throw new CatalogueError('unavailable', { retryAfterMs: 1000 })
      return after
    },
    async rematch(player, match) {
      const { state } = await matches.rematch(match, player, newMatchId(shards))
      if (state.next === null) return null
      await continueRematch(state)
      const now = await live(player)
      return now?.match.id === state.next ? now.match : null
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
