/**
 * The history: what all players saw and were promised. Contradictions are noted at once; the rest is compared with the stored records at
 * the end.
 */
import { createHash } from 'node:crypto'
import { canonical } from '../play/moves.ts'
import type { MatchResult, MatchView, RoundView } from '../../client-sdk/src/protocol.ts'

/** A violation. */
export interface Difference {
  /** One word for its kind, to count by. */
  kind: string
  text: string
}

export interface SeenEnd {
  version: number
  scores: number[]
  result: MatchResult | null
  /** The round that was decided last; 0 for none. */
  round: number
}

/** Epoch ms, by the clock of Redis. */
export interface SeenDeadline {
  at: number
  /** Of the first view that showed it. */
  version: number
  serverTime: number
  /** When the round opens, if that was still to come. */
  opensAt: number | null
}

export interface SeenMatch {
  id: string
  mode: string
  bestOf: number
  /** Players in the order of their seats, as far as they were seen. */
  players: string[]
  rounds: Map<number, RoundView<unknown>>
  /** Scores as they were shown once a round was decided. */
  scores: Map<number, number[]>
  /** When each round was to close, as it was shown: more than once only if the clock of Redis was set back meanwhile. */
  deadlines: Map<number, SeenDeadline[]>
  /** The longest time by which a view showed a deadline to be away: from when the view was made, or from when it opens the round; ms. */
  longestMs: number
  end: SeenEnd | null
  /** Moves that were acknowledged: round → player → move. */
  acknowledged: Map<number, Map<string, unknown>>
}

interface Noted extends SeenMatch {
  /** Digest of the content of each version. */
  versions: Map<number, string>
}

/** The game's own view may differ by seat. */
const contentOf = (view: MatchView<unknown>): string =>
  createHash('sha1')
    .update(JSON.stringify({ ...view, serverTime: 0, game: 0 }))
    .digest('base64')
const same = (one: unknown, two: unknown): boolean => JSON.stringify(one) === JSON.stringify(two)

export class History {
  readonly differences: Difference[] = []
  views = 0
  acknowledgements = 0
  /** Decided rounds that a player saw. */
  rounds = 0
  ended = 0
  /** How far the clock of Redis was off when views arrived, ms: minimum and maximum. Views that arrived late count as behind. */
  readonly clock = { behind: 0, ahead: 0 }
  readonly #matches = new Map<string, Noted>()

  get matches(): ReadonlyMap<string, SeenMatch> {
    return this.#matches
  }

  /** @param pushed whether it arrived by itself, and is counted */
  see(view: MatchView<unknown>, pushed = false): void {
    if (pushed) {
      this.views += 1
      this.#seeTime(view.serverTime)
    }
    const match = this.#matchOf(view)
    const content = contentOf(view)
    const before = match.versions.get(view.version)
    if (before === content) return
    if (before !== undefined) this.#differ('view', `match ${view.id} was seen with two contents of version ${view.version}`)
    match.versions.set(view.version, content)
    match.players = view.seats.length >= match.players.length ? view.seats.map(({ player }) => player.id) : match.players
    if (view.status === 'playing' && view.deadlineAt !== null) this.#seeDeadline(match, view, view.deadlineAt)
    if (view.lastRound) {
      this.#seeRound(match, view.lastRound)
      this.#seeScores(
        match,
        view.lastRound.round,
        view.seats.map(({ score }) => score),
      )
    }
    if (view.status === 'playing' && (view.lastRound?.round ?? 0) !== view.round - 1) {
      this.#differ('view', `match ${view.id} is in round ${view.round} and shows round ${view.lastRound?.round ?? 0} as the last`)
    }
    if (view.status === 'finished') this.#seeEnd(match, view)
  }

  acknowledge(matchId: string, round: number, player: string, move: unknown): void {
    const match = this.#matches.get(matchId)
    if (!match) return this.#differ('acknowledgement', `a move in match ${matchId} was acknowledged, which nobody saw`)
    this.acknowledgements += 1
    const moves = match.acknowledged.get(round) ?? new Map<string, unknown>()
    const before = moves.get(player)
    if (before !== undefined && canonical(before) !== canonical(move))
      this.#differ(
        'acknowledgement',
        `${player} got acknowledgements for both ${canonical(before)} and ${canonical(move)} in round ${round} of match ${matchId}`,
      )
    match.acknowledged.set(round, moves.set(player, move))
  }

  #matchOf({ id, mode, bestOf }: MatchView<unknown>): Noted {
    const known = this.#matches.get(id)
    if (known) return known
    const fresh: Noted = {
      id,
      mode,
      bestOf,
      players: [],
      rounds: new Map(),
      scores: new Map(),
      deadlines: new Map(),
      longestMs: 0,
      end: null,
      acknowledged: new Map(),
      versions: new Map(),
    }
    this.#matches.set(id, fresh)
    return fresh
  }

  #seeTime(serverTime: number): void {
    const off = serverTime - Date.now()
    this.clock.behind = Math.min(this.clock.behind, off)
    this.clock.ahead = Math.max(this.clock.ahead, off)
  }

  #seeDeadline(match: Noted, { round, version, serverTime, opensAt }: MatchView<unknown>, at: number): void {
    const seen = match.deadlines.get(round) ?? []
    if (!seen.some((before) => before.at === at))
      match.deadlines.set(round, [...seen, { at, version, serverTime, opensAt: opensAt ?? null }])
    match.longestMs = Math.max(match.longestMs, at - Math.max(serverTime, opensAt ?? 0))
  }

  #seeRound({ id, rounds }: Noted, round: RoundView<unknown>): void {
    const before = rounds.get(round.round)
    if (before && !same(before, round))
      this.#differ('view', `round ${round.round} of match ${id} was seen as ${JSON.stringify(before)} and as ${JSON.stringify(round)}`)
    if (!before) this.rounds += 1
    rounds.set(round.round, round)
  }

  #seeScores({ id, scores }: Noted, round: number, shown: number[]): void {
    const before = scores.get(round)
    if (before && !same(before, shown))
      this.#differ('view', `match ${id} was seen at ${before.join(':')} and at ${shown.join(':')} after round ${round}`)
    scores.set(round, shown)
  }

  /** Wishes for a rematch make new versions of an ended match: its result stays. */
  #seeEnd(match: Noted, view: MatchView<unknown>): void {
    const end: SeenEnd = {
      version: view.version,
      scores: view.seats.map(({ score }) => score),
      result: view.result,
      round: view.lastRound?.round ?? 0,
    }
    if (!match.end && view.result) this.ended += 1
    if (match.end && !same({ ...end, version: 0 }, { ...match.end, version: 0 }))
      this.#differ('view', `match ${match.id} was seen to end in two ways`)
    match.end = end
  }

  #differ(kind: string, text: string): void {
    this.differences.push({ kind, text })
  }
}
