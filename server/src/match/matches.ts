import type { MatchResult } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError, isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { MatchCache } from './cache.ts'
import { createCommits, type Committed, type Outcome } from './commits.ts'
import { createDeadlines } from './deadlines.ts'
import {
  DUE_TIMERS,
  hasBegun,
  isTombstone,
  playersOf,
  type Match,
  type MatchSetup,
  type NewMatch,
  type NewSeat,
  type TimerName,
} from './match.ts'
import { dueAt, isOvertaken, nodeOf, type MatchStore, type Stored } from './store.ts'
import type { Command, Transitions } from './transitions.ts'
import { createRemoteChanges } from './remote-changes.ts'

/** A change that a match undergoes by itself when a timer ends. */
export interface Due {
  match: string
  timer: Exclude<TimerName, 'opens'>
  /** The round that was open when this was noted. */
  round: number
}

/** The changes that clients, timers and other nodes make to matches: each is stored, then published, then its timers are set. */
export interface Matches {
  /** Reads from Redis, not from the cache. Null if there is no such match. */
  read(match: string): Promise<Stored | null>
  /**
   * Stores a new match, or returns it if another node has stored it.
   * @param notAfter Redis time, ms, after which it must not be stored any more
   * @throws CatalogueError unavailable if it is too late
   */
  create(spec: NewMatch, notAfter: number): Promise<Stored>
  /** Takes the second seat. @throws CatalogueError room_full, room_closed, match_not_found */
  join(match: string, seat: NewSeat, reservation: { token: string; until: number }): Promise<Stored>
  /** Stores a move; returns the version of the match that holds it. @throws CatalogueError if the move is refused */
  move(match: string, player: string, round: number, move: unknown): Promise<number>
  /** @param connection the connection that asks, if only the one that plays the seat may. @throws CatalogueError connection_replaced */
  leave(match: string, player: string, connection?: string): Promise<void>
  /** Returns the match with the wish in it; `next` is set once both players have asked. @throws CatalogueError match_running */
  rematch(match: string, player: string, nextId: string, connection?: string): Promise<Stored>
  /** The making of the next match has ended. @param failed whether it was not made */
  rematched(match: string, failed: boolean): Promise<void>
  /** A player of this ended match is in another one: an opponent who waits for a rematch is informed that none will come. */
  playsElsewhere(match: string, player: string): Promise<void>
  /**
   * Stores which connection plays a seat. Returns null if the player has no seat.
   * @param background whether its client has reported that it is in the background
   */
  presence(match: string, player: string, connection: string, connected: boolean, background?: boolean): Promise<Stored | null>
  /** The client of a connection that may play a seat has gone to the background, or has come back. */
  background(match: string, player: string, connection: string, background: boolean): Promise<void>
  /**
   * Fences a reservation that has no seat yet, so that its player may be reserved for another match. Returns the match if the player is
   * seated in it and it runs, else null: no seat will ever be taken with this token.
   */
  fence(match: string, player: string, token: string): Promise<Stored | null>
  /** Keeps a match from ever being stored; if it is stored already, returns it. */
  bury(match: string): Promise<Stored | null>
  /** Ids of the players of a match that this node has recently seen end: it never runs again. */
  ended(match: string): readonly [string, string] | null
  /** Carries out everything that is due in these matches. Rejects if Redis is away. */
  sweep(match: string): Promise<void>
  /** Nodes have died, or seem to have: the opponents of their players are informed who is gone. */
  nodesLost(nodes: readonly string[]): void
  /** Applies what another node has committed. Never throws. */
  receive(message: string): void
  /** Forgets what may not be true any more: Redis was lost, or a part of it. */
  forget(): void
  close(): void
}

export interface MatchesOptions {
  store: MatchStore
  cache: MatchCache
  transitions: Transitions
  /** Publishes a change that this node made. @param unreachable nodes that did not receive it */
  show(stored: Stored, unreachable: readonly string[]): void
  /** Publishes a change that another node made to the connections of this node. */
  showHere(stored: Stored): void
  /** A player gave up a ranked match, or did not come back to it. */
  forfeited(player: string): Promise<void>
  /** Both players want a rematch, and the node that was making it has died. */
  continueRematch(match: Match): Promise<void>
  /** The format that new matches are written in. */
  format(): number
  metrics: Metrics
  log: Log
}

/** Ended matches whose players a node remembers: those of about a minute, from which most players ask for the next match. */
const ENDED_REMEMBERED = 10_000
/** The setup of a match that nobody will ever play. */
const NOBODY: Omit<MatchSetup, 'format'> = {
  mode: 'room',
  bestOf: 1,
  options: {},
  code: null,
  seats: [],
  limits: { roundMs: 0, revealMs: 0, maxRounds: 0, maxMissed: 0, botMinMs: 0, botMaxMs: 0, waitMs: 0, readyMs: 0 },
}
/** The pause after Redis failed to reply, ms: long enough not to overload it, short compared with a round. */
const RETRY_MS = 500

export function createMatches(options: MatchesOptions): Matches {
  const { store, cache, transitions, show, metrics, log } = options
  const ended = new Map<string, readonly [string, string]>()

  const report = (error: unknown, doing: string): void => {
    if (!isOutage(error)) log.error({ err: error }, `${doing} failed`)
  }

  const commits = createCommits({ store, cache, transitions, random: Math.random, committed })
  const deadlines = createDeadlines(async (due) => {
    try {
      await carryOut(due)
    } catch (error) {
      report(error, 'a timer of a match')
      deadlines.arm(due, RETRY_MS)
    }
  })

  /** After a change of this node: publish it, set its timers, count it. */
  function committed(change: Committed): void {
    const { before, stored, unreachable } = change
    if (before?.version !== stored.match.version) show(stored, unreachable)
    watch(stored)
    count(change)
  }

  function watch({ match, timers, now }: Stored): void {
    if (match.status === 'finished') noteEnd(match)
    const at = dueAt(timers)
    const timer = firstDue(timers)
    if (at === null || timer === null) deadlines.disarm(match.id)
    // The node that was asked makes the rematch; if it dies, the sweeps of others complete it, as for rooms.
    else if (timer === 'round' || timer === 'bot') deadlines.arm({ match: match.id, timer, round: match.round }, at - now)
  }

  function noteEnd(match: Match): void {
    if (!hasBegun(match)) return
    if (ended.size >= ENDED_REMEMBERED)
      for (const oldest of ended.keys()) {
        ended.delete(oldest)
        break
      }
    ended.set(match.id, playersOf(match))
  }

  function count({ before, stored: { match }, events, lateMs }: Committed): void {
    for (const event of events) {
      if (event.type === 'start') metrics.matchesStarted.inc()
      else if (event.type === 'round') metrics.rounds.inc({ reason: event.round.reason })
      else {
        metrics.matchesEnded.inc({ reason: event.result.reason })
        if (match.setup.mode === 'ranked') penalise(match, event.result)
      }
    }
    if (lateMs !== undefined && before?.status === 'playing') metrics.deadlineLateness.observe(lateMs / 1000)
  }

  function penalise({ setup, seats }: Match, { winner, reason }: MatchResult): void {
    setup.seats.forEach(({ player }, seat) => {
      const gone =
        (reason === 'forfeit' && seat !== winner) || (reason === 'no_show' && (seats[seat]?.missed ?? 0) >= setup.limits.maxMissed)
      if (gone) void options.forfeited(player.id).catch((error: unknown) => report(error, 'noting a forfeited match'))
    })
  }

  async function carryOut({ match, timer, round }: Due): Promise<void> {
    if (timer === 'next') {
      const stored = await commits.read(match)
      if (stored?.match.next) await options.continueRematch(stored.match)
      return
    }
    const outcome = await commits.apply(match, { type: 'timer', timer, round })
    if (outcome.code === 'early' || outcome.code === 'same') watch(outcome.stored)
  }

  /** @throws CatalogueError if the command was refused */
  async function accepted(match: string, command: Command): Promise<Stored> {
    const outcome: Outcome = await commits.apply(match, command)
    if (outcome.code === 'refused') throw new CatalogueError(outcome.error)
    return outcome.stored
  }

  /** A tombstone: once it is stored, no match can be stored under this id, however late its maker comes. */
  async function bury(match: string): Promise<Stored | null> {
    const { stored, created } = await commits.create({ id: match, setup: { ...NOBODY, format: options.format() }, connections: [] })
    return created ? null : stored
  }

  const receive = createRemoteChanges({ store, cache, deadlines, read: commits.read, ended: noteEnd, showHere: options.showHere, report })

  return {
    async read(match) {
      const stored = await commits.read(match)
      if (!stored || isTombstone(stored.match)) return null
      // Most reads precede a change: the commit for a player who reconnects needs no second read.
      if (!cache.get(match)) cache.set(stored)
      // No player is shown a deadline that is further away than the round is long.
      return isOvertaken(stored) ? (await commits.apply(match, { type: 'restart' })).stored : stored
    },
    create: async (spec, notAfter) => (await commits.create(spec, notAfter)).stored,
    join: (match, seat, { token, until }) => accepted(match, { type: 'join', seat, token, until }),
    move: async (match, player, round, move) => (await accepted(match, { type: 'move', player, round, move })).match.version,
    async leave(match, player, connection) {
      await accepted(match, { type: 'leave', player, connection })
    },
    rematch: (match, player, nextId, connection) => accepted(match, { type: 'rematch', player, nextId, connection }),
    async rematched(match, failed) {
      await commits.apply(match, { type: 'rematched', failed })
    },
    async playsElsewhere(match, player) {
      await commits.apply(match, { type: 'elsewhere', player })
    },
    async background(match, player, connection, background) {
      await commits.apply(match, { type: 'background', player, connection, background })
    },
    async presence(match, player, connection, connected, background = false) {
      const outcome = await commits.apply(match, { type: 'presence', player, connection, connected, background })
      return outcome.code === 'refused' ? null : outcome.stored
    },
    async fence(match, player, token) {
      for (;;) {
        const outcome = await commits.apply(match, { type: 'fence', player, token })
        if (outcome.code !== 'refused') return null
        if (outcome.error === 'in_match') return outcome.stored
        // There is no such match, and from now on there never will be.
        if ((await bury(match)) === null) return null
      }
    },
    bury,
    ended: (match) => ended.get(match) ?? null,
    async sweep(match) {
      const stored = await commits.read(match)
      if (!stored) return
      const { timers, now } = stored
      const due = DUE_TIMERS.find((name) => {
        const timer = timers[name]
        return timer !== undefined && timer.start + timer.ms <= now
      })
      if (due) await carryOut({ match, timer: due, round: stored.match.round })
      else if (isOvertaken(stored)) await commits.apply(match, { type: 'restart' })
    },
    nodesLost(nodes) {
      for (const { match } of cache.values()) {
        if (match.status === 'finished') continue
        match.seats.forEach(({ connection }, index) => {
          const player = match.setup.seats[index]?.player.id
          if (player === undefined || !nodes.includes(nodeOf(connection))) return
          commits
            .apply(match.id, { type: 'presence', player, connection, connected: false })
            .catch((error: unknown) => report(error, 'marking a player of a lost node'))
        })
      }
    },
    receive,
    forget() {
      cache.clear()
      ended.clear()
    },
    close: () => deadlines.close(),
  }

  function firstDue(timers: Stored['timers']): Due['timer'] | null {
    const at = dueAt(timers)
    for (const name of DUE_TIMERS) {
      const timer = timers[name]
      if (timer && timer.start + timer.ms === at) return name
    }
    return null
  }
}
