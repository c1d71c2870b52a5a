import type { Emote, EmoteEvent, MatchResult, MatchView, Move } from '../../client-sdk/src/protocol.ts'
import { CatalogueError, isOutage } from '../errors.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { botMove } from './bot.ts'
import { createClock } from './clock.ts'
import type { Change, Claim, News, Overdue, Referee, Verdict } from './referee.ts'
import type { NewMatch, NewSeat } from './rules.ts'
import { dueAt, seatOf, viewOf, type MatchState } from './state.ts'

/** What clients do to matches: every change is stored first, then delivered, then its deadline is watched. */
export interface Matches {
  create(spec: NewMatch): Promise<MatchView>
  /** Creates a match, claims its players and seats the second in one step; null where it has to be done step by step. */
  form(spec: NewMatch, second: NewSeat, claims: Claim[]): Promise<MatchView | null>
  /** Lets a waiting match wait on for this long, ms. @throws CatalogueError room_closed */
  confirm(match: string, waitMs: number): Promise<MatchView>
  /** @throws CatalogueError room_full, room_closed, match_not_found */
  join(match: string, seat: NewSeat, token: string): Promise<MatchView>
  /** The version that holds the move. @throws CatalogueError when the move does not count */
  move(match: string, player: string, round: number, move: Move): Promise<number>
  leave(match: string, player: string): Promise<void>
  /** The match with the wish in it; `next` is set once both have asked. @throws CatalogueError match_running */
  rematch(match: string, player: string, nextId: string): Promise<{ state: MatchState }>
  /** The making of the match that follows has ended. */
  rematched(match: string): Promise<void>
  /** The view for a spectator, who gets those that follow too. @throws CatalogueError match_not_found */
  watch(match: string): Promise<MatchView>
  /** Shows an emote to players and spectators. @throws CatalogueError not_your_match */
  emote(match: string, player: string, emote: Emote): Promise<void>
  /** The view after the change; null where the player has no seat. */
  presence(match: string, player: string, connection: string, connected: boolean): Promise<MatchView | null>
  /** Another node has changed matches that are played here; the message comes from Redis. Never throws. */
  hear(message: string): void
  close(): void
}

export interface MatchesOptions {
  referee: Referee
  /** Shows a change that this node made: to the seats here, to those that other nodes did not hear it for, to spectators. */
  deliver(state: MatchState, view: MatchView, deaf: string[]): void
  /** Shows a change that another node made to the seats here. */
  deliverHere(state: MatchState, view: MatchView): void
  deliverEmote(state: MatchState, event: EmoteEvent): void
  /** A player gave a ranked match up, or did not come back to it. */
  abandoned(player: string): Promise<void>
  /** Both want a rematch, and whoever was making it has died. */
  continueRematch(state: MatchState): Promise<void>
  /** What else a sweep has to do. */
  alsoSweep(): Promise<void>
  metrics: Metrics
  log: Log
  shards: number
  sweepMs: number
  sweepGraceMs: number
  retainMs: number
}

type Accepted = Change

const SWEEP_LIMIT = 200
const NOBODY: string[] = []
/** After Redis failed to answer: long enough not to hammer it, short against a round. */
const RETRY_MS = 500

export function createMatches(options: MatchesOptions): Matches {
  const { referee, deliver, metrics, log, shards } = options

  const complain = (fault: unknown, doing: string): void => {
    if (!isOutage(fault)) log.error({ err: fault }, `${doing} failed`)
  }

  const clock = createClock({
    sweepMs: options.sweepMs,
    async expire(due) {
      try {
        await expire(due)
      } catch (fault) {
        complain(fault, 'closing a round')
        clock.arm(due.match, due.round, RETRY_MS)
      }
    },
    async sweep() {
      const lists = await Promise.allSettled(
        Array.from({ length: shards }, (_, shard) => referee.overdue(shard, options.sweepGraceMs, SWEEP_LIMIT)),
      )
      for (const list of lists) {
        if (list.status === 'rejected') complain(list.reason, 'looking for overdue rounds')
        else await Promise.all(list.value.map((due) => expire(due).catch((fault: unknown) => complain(fault, 'closing an overdue round'))))
      }
      await options.alsoSweep().catch((fault: unknown) => complain(fault, 'sweeping'))
    },
  })

  async function expire(due: Overdue): Promise<void> {
    const verdict = await referee.expire(due.match, due.round, botMove())
    if (verdict.code === 'early' && verdict.state) return watch(verdict.state, verdict.now)
    if (verdict.code === 'same' && verdict.state?.next) return options.continueRematch(verdict.state)
    if (verdict.code !== 'ok' || !verdict.state) return
    settle(verdict)
    if (due.round > 0) countRound(verdict.state)
  }

  function watch(state: MatchState, now: number): void {
    if (state.status === 'finished') clock.disarm(state.id)
    else if (state.round > 0) clock.arm(state.id, state.round, (dueAt(state) ?? now) - now)
  }

  /** After a change: tell, watch, count. */
  function settle(verdict: Accepted, quiet = false): MatchView {
    const { state, now } = verdict
    const view = viewOf(state, now)
    if (verdict.code !== 'ok') return view
    if (!quiet) deliver(state, view, verdict.deaf ?? NOBODY)
    watch(state, now)
    count(verdict)
    return view
  }

  function count(verdict: Accepted): void {
    const { state } = verdict
    if (verdict.lateMs !== undefined && state.lastRound) metrics.deadlineLateness.observe(verdict.lateMs / 1000)
    if (!state.result || state.endedAt !== verdict.now) return
    metrics.matchesEnded.inc({ reason: state.result.reason })
    if (state.mode === 'ranked') penalise(state, state.result)
  }

  function penalise({ seats, limits }: MatchState, { winner, reason }: MatchResult): void {
    const gone = seats.filter((seat, index) => (reason === 'forfeit' && index !== winner) || (reason === 'no_show' && seat.missed >= limits.maxMissed))
    for (const { player } of gone) void options.abandoned(player.id).catch((fault: unknown) => complain(fault, 'noting an abandoned match'))
  }

  /** A decided round leaves no hidden move behind; a move that waits for the other one does. */
  function countRound({ lastRound, seats }: MatchState): void {
    if (lastRound && seats.every((seat) => seat.move === null)) metrics.rounds.inc({ reason: lastRound.reason })
  }

  /** Unwraps a verdict. @throws CatalogueError */
  function accepted(verdict: Verdict): Accepted {
    const { code, state } = verdict
    if (code === 'ok' || code === 'same' || code === 'early') {
      if (!state) throw new Error('a script changed a match that is not there')
      return verdict
    }
    throw new CatalogueError(code)
  }

  function showHere({ state, now }: News): void {
    if (state.status === 'finished') clock.disarm(state.id)
    else clock.passed(state.id, state.round)
    options.deliverHere(state, viewOf(state, now))
  }

  return {
    async create(spec) {
      return settle(accepted(await referee.create(spec, options.retainMs)), true)
    },
    async form(spec, second, claims) {
      const formed = await referee.form(spec, options.retainMs, second, claims)
      if (!formed) return null
      metrics.matchesStarted.inc()
      return settle(formed)
    },
    async confirm(match, waitMs) {
      return settle(accepted(await referee.confirm(match, waitMs)))
    },
    async join(match, seat, token) {
      const verdict = accepted(await referee.join(match, seat, token))
      if (verdict.code === 'ok') metrics.matchesStarted.inc()
      return settle(verdict)
    },
    async move(match, player, round, move) {
      const verdict = accepted(await referee.move(match, player, round, move))
      if (verdict.code === 'ok') countRound(verdict.state)
      return settle(verdict).version
    },
    async leave(match, player) {
      settle(accepted(await referee.leave(match, player)))
    },
    async rematch(match, player, nextId) {
      const verdict = accepted(await referee.rematch(match, player, nextId))
      settle(verdict)
      return verdict
    },
    async rematched(match) {
      await referee.rematched(match)
    },
    async watch(match) {
      return settle(accepted(await referee.watch(match)))
    },
    async emote(match, player, emote) {
      const { state } = accepted(await referee.read(match))
      const seat = seatOf(state, player)
      if (seat === null) throw new CatalogueError('not_your_match')
      options.deliverEmote(state, { matchId: match, seat, emote })
    },
    async presence(match, player, connection, connected) {
      const verdict = await referee.presence(match, player, connection, connected)
      return verdict.code === 'ok' || verdict.code === 'same' ? settle(verdict) : null
    },
    hear(message) {
      for (const news of referee.hear(message)) {
        if (news instanceof Promise) news.then((late) => late && showHere(late)).catch((fault: unknown) => complain(fault, 'hearing of a match'))
        else showHere(news)
      }
    },
    close: () => clock.close(),
  }
}
