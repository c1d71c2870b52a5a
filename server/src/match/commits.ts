/**
 * Applies commands to matches: takes the match from the cache or from Redis, asks the transitions for the next state, commits it, and
 * starts again if another node was faster.
 *
 * One commit of a match is in flight at a time on this node. Commands that arrive meanwhile, or in the same event-loop tick, are applied
 * one after the other and committed together; only a command with another guard waits for the reply to the commit before.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from '../../../games/rules.ts'
import { CatalogueError, type ErrorCode } from '../errors.ts'
import type { MatchCache } from './cache.ts'
import type { Match, MatchEvent, NewMatch, TimerChanges } from './match.ts'
import { nodesOfSeats, type CommitEntry, type CommitReply, type MatchStore, type Stored } from './store.ts'
import type { Command, Guard, Transitions } from './transitions.ts'

/** The outcome of a command. `changed`: `stored` is the match after it and after the commands that were committed with it. */
export type Outcome =
  | { code: 'changed' | 'same'; stored: Stored }
  /** The timer has not ended, so nothing was changed. */
  | { code: 'early'; stored: Stored }
  | { code: 'refused'; error: ErrorCode; stored: Stored | null }

/** A change that this node has committed. */
export interface Committed {
  before: Match | null
  stored: Stored
  events: readonly MatchEvent[]
  /** How long after the end of its timer a timer command was carried out, ms. */
  lateMs?: number
  unreachable: readonly string[]
}

export interface Commits {
  /** Rejects if Redis is away or refuses: then it is unknown whether the command was carried out. */
  apply(match: string, command: Command): Promise<Outcome>
  /**
   * Stores a new match, or returns the one that exists already, for instance because another node made the same match.
   * @param notAfter Redis time, ms, after which it must not be stored any more; no limit if absent
   * @throws CatalogueError unavailable if it is too late
   */
  create(spec: NewMatch, notAfter?: number): Promise<{ created: boolean; stored: Stored }>
  /** Reads the match from Redis, not from the cache. */
  read(match: string): Promise<Stored | null>
}

export interface CommitsOptions {
  store: MatchStore
  cache: MatchCache
  transitions: Transitions
  random: Random
  /** Called with every change of this node, in the order of the commits of a match, before the callers get their replies. */
  committed(change: Committed): void
}

/** How often a command is applied to a newer state before the caller is asked to retry. */
const ATTEMPTS = 12
const RETRY_AFTER_MS = 200

interface Waiting {
  command: Command
  /** Its position among all commands of this node. */
  arrival: number
  attempts: number
  /** Its own guard within the commit that holds it. */
  guard: Guard
  resolve(outcome: Outcome): void
  reject(error: unknown): void
}

/** After a commit of unknown outcome, the match is read until Redis answers, or for this long, ms. */
const RECOVER_MS = 30_000
const RECOVER_STEP_MS = 250

export function createCommits({ store, cache, transitions, random, committed }: CommitsOptions): Commits {
  /** Waiting commands by match. A list exists while a commit of the match is in flight or about to be. */
  const queues = new Map<string, Waiting[]>()
  /** Counts the commands of this node. A reply from Redis may answer every command that had arrived before the request was sent. */
  let arrivals = 0
  let starting: (() => void)[] = []

  /** The work in flight for a match: one commit at a time, so that one call never holds two commits of it. */
  const underWay = new Map<string, Promise<unknown>>()

  /** Runs at once if nothing is in flight for the match. */
  function alone<T>(match: string, run: () => Promise<T>): Promise<T> {
    const before = underWay.get(match)
    const task = before ? before.then(run) : run()
    const settled = task.then(forget, forget)
    function forget(): void {
      if (underWay.get(match) === settled) underWay.delete(match)
    }
    underWay.set(match, settled)
    return task
  }

  function startAll(): void {
    const starts = starting
    starting = []
    for (const start of starts) start()
  }

  /** What is known of a match, and for which commands that counts as read from Redis. */
  interface Known {
    stored: Stored
    asOf: number
  }

  async function work(match: string, queue: Waiting[]): Promise<void> {
    const cached = cache.get(match)
    let known: Known | null = cached ? { stored: cached, asOf: -1 } : null
    while (queue.length > 0) {
      try {
        known ??= await read(match)
        if (known) known = await step(queue, known)
        else for (const each of queue.splice(0)) each.resolve({ code: 'refused', error: 'match_not_found', stored: null })
      } catch (error) {
        // It is unknown what is stored now.
        cache.drop(match)
        known = null
        for (const each of queue.splice(0)) each.reject(error)
      }
    }
    queues.delete(match)
  }

  async function read(match: string): Promise<Known | null> {
    const asOf = arrivals
    const stored = await store.read(match)
    if (!stored) return null
    cache.set(stored)
    return { stored, asOf }
  }

  /** Takes as many commands as one commit can hold, and carries them out. Returns null if the match must be read first. */
  async function step(queue: Waiting[], { stored: from, asOf }: Known): Promise<Known | null> {
    const taken: Waiting[] = []
    const events: MatchEvent[] = []
    const timers: TimerChanges = {}
    const guard: Guard = {}
    let match = from.match
    for (let waiting = queue[0]; waiting; waiting = queue[0]) {
      const transition = transitions.apply(match, waiting.command, random)
      if (transition.outcome === 'changed') {
        if (taken.length > 0 && !mergeable(guard, transition.guard)) break
        waiting.guard = transition.guard
        taken.push(waiting)
        match = transition.match
        events.push(...transition.events)
        Object.assign(timers, transition.timers)
        Object.assign(guard, transition.guard)
      } else {
        // A refusal, or "it is so already", is never answered from the cache, nor because of something that is not stored yet.
        if (taken.length > 0) break
        if (waiting.arrival > asOf) return null
        waiting.resolve(
          transition.outcome === 'same' ? { code: 'same', stored: from } : { code: 'refused', error: transition.code, stored: from },
        )
      }
      queue.shift()
    }
    return taken.length > 0 ? commit(queue, taken, { match, from, guard, timers, events }) : { stored: from, asOf }
  }

  async function commit(
    queue: Waiting[],
    taken: Waiting[],
    { match, from, guard, timers, events }: Omit<CommitEntry, 'token'> & { from: Stored },
  ): Promise<Known | null> {
    const asOf = arrivals
    const token = store.newToken()
    let reply: CommitReply
    try {
      reply = await store.commit({ token, match, from, guard, timers, events })
    } catch (error) {
      for (const { reject } of taken) reject(error)
      void recover(match.id, token, { before: from.match, events })
      throw error
    }
    if (reply.code === 'committed') {
      const { stored, unreachable } = reply
      cache.set(stored)
      committed({ before: from.match, stored, events, unreachable, ...lateness(from, guard, stored.now) })
      for (const { resolve } of taken) resolve({ code: 'changed', stored })
      return { stored, asOf }
    }
    if (reply.code === 'conflict') {
      if (reply.stored) cache.set(reply.stored)
      else cache.drop(match.id)
      queue.unshift(...taken.filter(tryAgain))
      return reply.stored && { stored: reply.stored, asOf }
    }
    if (reply.code === 'overtaken') {
      queue.unshift(restart(), ...taken.filter(tryAgain))
      return { stored: from, asOf }
    }
    const stored = { ...from, timers: reply.timers, now: reply.now }
    const [guarded, free] = [taken.filter(isGuarded), taken.filter((waiting) => !isGuarded(waiting))]
    for (const { resolve } of guarded)
      resolve(
        reply.code === 'late'
          ? { code: 'refused', error: guard.notAfter === undefined ? 'stale_round' : 'room_closed', stored }
          : { code: 'early', stored },
      )
    // A command that was only committed together with others is not refused because of them.
    queue.unshift(...free)
    return { stored, asOf }
  }

  /** A command of this node itself, which no caller waits for. */
  function restart(): Waiting {
    const ignore = (): void => undefined
    return { command: { type: 'restart' }, arrival: arrivals, attempts: 0, guard: {}, resolve: ignore, reject: ignore }
  }

  function tryAgain(waiting: Waiting): boolean {
    waiting.attempts += 1
    if (waiting.attempts < ATTEMPTS) return true
    waiting.reject(new CatalogueError('unavailable', { retryAfterMs: RETRY_AFTER_MS }))
    return false
  }

  /** Redis did not reply to a commit. If it was carried out, its consequences follow now. */
  async function recover(match: string, token: string, change: Pick<Committed, 'before' | 'events'>): Promise<void> {
    for (const until = performance.now() + RECOVER_MS; performance.now() < until;) {
      await sleep(RECOVER_STEP_MS, undefined, { ref: false })
      try {
        const stored = await store.read(match)
        // The node that has changed the match since has published the whole state.
        if (stored?.token === token) committed({ ...change, stored, unreachable: nodesOfSeats(stored.match) })
        return
      } catch {
        // Redis is still away.
      }
    }
  }

  async function create(spec: NewMatch, notAfter: number | undefined): Promise<{ created: boolean; stored: Stored }> {
    const { match, timers, events, guard } = transitions.create(spec, random)
    const token = store.newToken()
    const reply = await store
      .commit({ token, match, from: null, guard: notAfter === undefined ? guard : { ...guard, notAfter }, timers, events })
      .catch((error: unknown) => {
        void recover(spec.id, token, { before: null, events })
        throw error
      })
    if (reply.code === 'committed') {
      cache.set(reply.stored)
      committed({ before: null, stored: reply.stored, events, unreachable: reply.unreachable })
      return { created: true, stored: reply.stored }
    }
    if (reply.code === 'conflict' && reply.stored) return { created: false, stored: reply.stored }
    throw new CatalogueError('unavailable', { retryAfterMs: 1000 })
  }

  return {
    apply(match, command) {
      const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
      const waiting: Waiting = { command, arrival: (arrivals += 1), attempts: 0, guard: {}, resolve, reject }
      const queue = queues.get(match)
      if (queue) queue.push(waiting)
      else {
        const opened = [waiting]
        queues.set(match, opened)
        // Not at once: commands that the same tick brings for this match belong in one commit.
        if (starting.push(() => void alone(match, () => work(match, opened))) === 1) store.beforeSending(startAll)
      }
      return promise
    },
    create: (spec, notAfter) => alone(spec.id, () => create(spec, notAfter)),
    read: (match) => store.read(match),
  }
}

/**
 * Whether one commit can hold both guards: a timer cannot be required to have ended and not to have ended, and only one timer can be
 * required to have ended.
 */
const mergeable = (one: Guard, two: Guard): boolean =>
  [one, two].every(({ notBefore, notAfter }) => notBefore === undefined && notAfter === undefined) &&
  (!one.before || !two.before || one.before === two.before)

const isGuarded = ({ guard: { before, notBefore, notAfter } }: Waiting): boolean =>
  before !== undefined || notBefore !== undefined || notAfter !== undefined

function lateness({ timers }: Stored, { notBefore }: Guard, now: number): { lateMs?: number } {
  const timer = notBefore && timers[notBefore]
  return timer ? { lateMs: Math.max(0, now - timer.start - timer.ms) } : {}
}
