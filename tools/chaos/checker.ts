/** Compares the stored records with what players saw and were promised, and with themselves. Pure. */
import { BOT } from '../../server/src/match/bot.ts'
import { roundWinner, winsNeeded } from '../../games/rps/rules.ts'
import { rate, unrated } from '../../server/src/recorder/ratings.ts'
import { isoWeek } from '../../server/src/recorder/week.ts'
import type { Move, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import { canonical } from '../play/moves.ts'
import { movesOf, type Records, type MatchRow, type RoundRow } from './records.ts'
import { RedisTime, type Span } from './redis-time.ts'
import type { Difference, SeenDeadline, SeenMatch } from './history.ts'

export interface Limits {
  /** A match has at most this many times bestOf rounds. */
  maxRoundsFactor: number
  /** Missed rounds in a row that forfeit a match. */
  maxMissed: number
  /** The length of a round, ms. */
  roundMs: number
  /** How long a decided round is shown before the next one opens, ms. */
  revealMs: number
  /** The game: the rounds of rps are decided again here. */
  game: string
}

export interface Finding {
  differences: Difference[]
  /** Rounds that were seen or must have been decided, and have no row. */
  lost: number
  /** Rows for the same match or round as another row. */
  duplicates: number
  /** Milliseconds from each deadline that passed to the closing of its round, unless the clock was stepped meanwhile. `at` is true time. */
  lateness: { at: number; ms: number }[]
  /** Recorded matches that no player ever saw. */
  unseen: number
}

type Note = (kind: string, text: string) => void

/** @param times what the times in the records and the views mean */
export function check(records: Records, seen: ReadonlyMap<string, SeenMatch>, limits: Limits, times: RedisTime = new RedisTime()): Finding {
  const differences: Difference[] = []
  const note: Note = (kind, text) => void differences.push({ kind, text })
  const matches = byKey(
    records.matches,
    ({ id }) => id,
    (id) => note('duplicate', `match ${id} has more than one row`),
  )
  byKey(
    records.rounds,
    ({ matchId, round }) => `${matchId}/${round}`,
    (key) => note('duplicate', `round ${key} has more than one row`),
  )
  const rounds = Map.groupBy(records.rounds, ({ matchId }) => matchId)
  for (const id of rounds.keys()) if (!matches.has(id)) note('row', `there are rounds of match ${id}, which has no row`)

  const lateness: Finding['lateness'] = []
  for (const match of matches.values()) checkMatch(match, rounds.get(match.id) ?? [], limits, times, note)
  for (const match of seen.values()) {
    const rows = rounds.get(match.id) ?? []
    checkSeen(match, matches.get(match.id), rows, note)
    checkDeadlines(match, rows, limits, times, lateness, note)
  }
  checkOneAtATime([...matches.values()], rounds, times, note)
  checkPlayers(records, matches, note)
  checkBoards(records, note)
  return {
    differences,
    lost: differences.filter(({ kind }) => kind === 'lost').length,
    duplicates: differences.filter(({ kind }) => kind === 'duplicate').length,
    lateness,
    unseen: [...matches.keys()].filter((id) => !seen.has(id)).length,
  }
}

function byKey<T>(rows: readonly T[], keyOf: (row: T) => string, onRepeat: (key: string) => void): Map<string, T> {
  const map = new Map<string, T>()
  for (const row of rows) {
    const key = keyOf(row)
    if (map.has(key)) onRepeat(key)
    else map.set(key, row)
  }
  return map
}

/** A single match: no gap in its rounds, each decided by its moves, and the result that follows from them. */
function checkMatch(match: MatchRow, rows: RoundRow[], limits: Limits, times: RedisTime, note: Note): void {
  const { id, endedAt, reason, winner } = match
  const rounds = rows.toSorted((a, b) => a.round - b.round).filter(({ round }, index, all) => round !== all[index - 1]?.round)
  const last = rounds.at(-1)?.round ?? 0
  const present = new Set(rounds.map(({ round }) => round))
  for (let round = 1; round <= last; round++) if (!present.has(round)) note('lost', `match ${id} has a round ${last} and no round ${round}`)
  const scores: [number, number] = [0, 0]
  for (const { winner: won } of rounds) if (won !== null) scores[won] += 1
  const wrong = times.firstOutOfOrder(timesOf(match, rounds))
  if (wrong >= 0)
    note(
      'row',
      `match ${id} began, was decided round by round and ended at times that cannot be in this order: see time ${wrong + 1} of ` +
        timesOf(match, rounds).join(', '),
    )
  if (!endedAt) return note('forgotten', `match ${id} has begun and never ended`)
  if (match.score0 !== scores[0] || match.score1 !== scores[1])
    note('score', `match ${id} is recorded as ${match.score0}:${match.score1}, its rounds add up to ${scores.join(':')}`)
  if (reason === 'forfeit' && winner === null) note('result', `match ${id} is recorded as a forfeit that nobody won`)
  if (limits.game === 'rps') checkRps(match, rounds, limits, note)
}

/** When a match began, each of its rounds was decided, and it ended, in this order. */
const timesOf = ({ startedAt, endedAt }: MatchRow, rounds: readonly RoundRow[]): number[] =>
  [startedAt, ...rounds.map(({ resolvedAt }) => resolvedAt), ...(endedAt ? [endedAt] : [])].map((date) => date.getTime())

/** What the rules of rock–paper–scissors say about the moves. */
function checkRps({ id, bestOf, reason, winner }: MatchRow, rounds: RoundRow[], { maxRoundsFactor, maxMissed }: Limits, note: Note): void {
  const needed = winsNeeded(bestOf)
  const last = rounds.at(-1)?.round ?? 0
  const scores: [number, number] = [0, 0]
  for (const row of rounds) {
    const { round, winner: won, reason: why } = row
    const [move0, move1] = movesOf(row) as [Move | null, Move | null]
    const what = `round ${round} of match ${id}`
    if (Math.max(...scores) >= needed) note('row', `${what} was played after the match was won`)
    if (won !== roundWinner(move0, move1)) note('row', `${what} was won by ${won}, but its moves are ${move0} and ${move1}`)
    if ((why === 'moves') !== (move0 !== null && move1 !== null))
      note('row', `${what} was decided by ${why}, but its moves are ${move0} and ${move1}`)
    if (won !== null) scores[won] += 1
  }
  const ahead = scores[0] === scores[1] ? null : scores[0] > scores[1] ? 0 : 1
  const missed = ([0, 1] as const).filter(
    (seat) => rounds.length >= maxMissed && rounds.slice(-maxMissed).every((row) => movesOf(row)[seat] === null),
  )
  const right =
    reason === 'score'
      ? Math.max(...scores) === needed && winner === ahead
      : reason === 'max_rounds'
        ? last === maxRoundsFactor * bestOf && winner === ahead
        : reason === 'no_show'
          ? missed.length > 0 && winner === (missed.length === 2 ? null : missed[0] === 0 ? 1 : 0)
          : reason === 'forfeit' && winner !== null
  if (!right)
    note(
      'result',
      `match ${id} is recorded as won by ${winner} by ${reason}, which contradicts its rounds (${scores.join(':')} after ${last})`,
    )
}

/** A match as its players saw it: nothing that they saw or were promised is missing or different. */
function checkSeen(seen: SeenMatch, match: MatchRow | undefined, rows: RoundRow[], note: Note): void {
  const { id, end, players } = seen
  // A room that nobody joined never was a match.
  if (players.length < 2 || (end && !end.result)) {
    if (match) note('row', `match ${id} has a row and never began`)
    return
  }
  if (!match) return note('lost', `match ${id} was seen and has no row`)
  if (match.player0Id !== players[0] || match.player1Id !== players[1] || match.mode !== seen.mode || match.bestOf !== seen.bestOf) {
    note('row', `match ${id} is recorded with other players, mode or length than were seen`)
  }
  if (!end) note('forgotten', `nobody saw match ${id} end`)
  else if (match.endedAt) {
    const recorded = { scores: [match.score0, match.score1], winner: match.winner, reason: match.reason, rounds: rows.length }
    const shown = { scores: end.scores, winner: end.result?.winner, reason: end.result?.reason, rounds: end.round }
    if (JSON.stringify(recorded) !== JSON.stringify(shown))
      note('result', `match ${id} is recorded as ${JSON.stringify(recorded)} and was seen as ${JSON.stringify(shown)}`)
  }
  const byRound = new Map(rows.map((row) => [row.round, row]))
  for (const [number, round] of seen.rounds) {
    const row = byRound.get(number)
    if (!row) note('lost', `round ${number} of match ${id} was seen and has no row`)
    else if (canonical([movesOf(row), row.winner, row.reason]) !== canonical([round.moves, round.winner, round.reason])) {
      note(
        'round',
        `round ${number} of match ${id} is recorded as ${canonical(movesOf(row))} (${row.reason}) and was seen as ` +
          `${canonical(round.moves)} (${round.reason})`,
      )
    }
  }
  for (const [number, shown] of seen.scores) {
    const won = ([0, 1] as const).map((seat) => rows.filter(({ round, winner }) => round <= number && winner === seat).length)
    if (won.join(':') !== shown.join(':'))
      note('score', `match ${id} was seen at ${shown.join(':')} after round ${number}; its rounds add up to ${won.join(':')}`)
  }
  for (const [number, moves] of seen.acknowledged) checkAcknowledged(seen, number, moves, match, byRound.get(number), note)
}

/**
 * A round closes once, when its time is up and not before, and its end is never further away than the round is long. If the clock of
 * Redis is set back, a round that it has overtaken gets its time again, and no more: its deadline moves back with the clock.
 */
function checkDeadlines(
  { id, deadlines, longestMs }: SeenMatch,
  rows: RoundRow[],
  limits: Limits,
  times: RedisTime,
  lateness: Finding['lateness'],
  note: Note,
): void {
  const { roundMs } = limits
  if (longestMs > roundMs) note('deadline', `match ${id} was seen with a deadline ${longestMs} ms away; its rounds last ${roundMs} ms`)
  for (const [number, seen] of deadlines) {
    const what = `round ${number} of match ${id}`
    const sorted = seen.toSorted((a, b) => a.version - b.version)
    sorted.forEach((later, index) => {
      const earlier = sorted[index - 1]
      if (earlier && !isSetBack(earlier, later, limits, times))
        note('view', `${what} was seen with two deadlines, ${earlier.at} and ${later.at}`)
    })
    const row = rows.find(({ round }) => round === number)
    const last = sorted.at(-1)
    if (row?.reason !== 'timeout' || !last) continue
    const closed = row.resolvedAt.getTime()
    // Nobody needs to have seen the deadline that a step back led to.
    const earliest = Math.min(last.at, ...times.stepsBack(last.serverTime, closed).map(({ clock }) => clock + roundMs))
    if (closed < earliest) note('deadline', `${what} was closed before its deadline`)
    const [at] = times.meanings(last.at)
    if (at !== undefined && times.isUndisturbed([last.serverTime, last.at, closed])) lateness.push({ at, ms: closed - last.at })
  }
}

/**
 * Whether the clock was set back between two deadlines of a round, so far that the later one follows from it. Nobody needs to have seen the
 * earlier one before the step: its clock began to run when the round before it was decided.
 */
function isSetBack(earlier: SeenDeadline, later: SeenDeadline, { roundMs, revealMs }: Limits, times: RedisTime): boolean {
  const begun = earlier.at - roundMs - (earlier.opensAt === null ? 0 : revealMs)
  const steps = [begun, earlier.serverTime].flatMap((clock) => times.stepsBack(clock, later.serverTime))
  return later.at < earlier.at && steps.some(({ clock }) => later.at >= clock + roundMs)
}

function checkAcknowledged(
  { id, players }: SeenMatch,
  number: number,
  moves: Map<string, unknown>,
  match: MatchRow,
  row: RoundRow | undefined,
  note: Note,
): void {
  // A player who forfeits ends the open round: its moves count for nothing.
  if (!row) {
    if (match.reason !== 'forfeit') note('lost', `a move of round ${number} of match ${id} was acknowledged, and the round has no row`)
    return
  }
  for (const [player, move] of moves) {
    const recorded = movesOf(row)[player === players[0] ? 0 : 1]
    if (canonical(recorded) !== canonical(move))
      note(
        'acknowledgement',
        `${player} had ${canonical(move)} acknowledged in round ${number} of match ${id}; recorded is ${canonical(recorded)}`,
      )
  }
}

/** A player has one live match at a time. */
function checkOneAtATime(matches: MatchRow[], rounds: ReadonlyMap<string, RoundRow[]>, times: RedisTime, note: Note): void {
  const played = matches.flatMap((match) => {
    const rows = (rounds.get(match.id) ?? []).toSorted((a, b) => a.round - b.round)
    const spans = times.spans(timesOf(match, rows)).map(({ from, to }) => ({ from, to: match.endedAt ? to : Infinity }))
    return [match.player0Id, match.player1Id].filter((player) => player !== BOT.id).map((player) => ({ player, id: match.id, spans }))
  })
  for (const [player, all] of Map.groupBy(played, (each) => each.player)) {
    all.forEach((one, index) => {
      for (const two of all.slice(index + 1))
        if (!canBeApart(one.spans, two.spans)) note('two', `${player} was in match ${one.id} and in match ${two.id} at once`)
    })
  }
}

/** Matches whose times are in no order have no span: that is reported elsewhere. */
const canBeApart = (one: Span[], two: Span[]): boolean =>
  one.length === 0 || two.length === 0 || one.some((a) => two.some((b) => a.to <= b.from || b.to <= a.from))

/** Every tally and rating against a recount; ratings in the order in which they were applied. */
function checkPlayers({ players, ratings, cached }: Records, matches: Map<string, MatchRow>, note: Note): void {
  const recount = new Map(players.map(({ id }) => [id, { wins: 0, losses: 0, draws: 0, ...unrated() }]))
  const ended = [...matches.values()].filter(({ endedAt, player1Id }) => endedAt !== null && player1Id !== BOT.id)
  for (const { id, player0Id, player1Id, winner } of ended) {
    const seats = [recount.get(player0Id), recount.get(player1Id)]
    seats.forEach((seat, index) => {
      if (!seat) note('row', `match ${id} has a player without a row`)
      else if (winner === null) seat.draws += 1
      else if (winner === index) seat.wins += 1
      else seat.losses += 1
    })
  }
  const rated = new Set<string>()
  const ranked = new Set(ended.filter(({ mode }) => mode === 'ranked').map(({ id }) => id))
  byKey(
    ratings,
    ({ matchId }) => matchId,
    (id) => note('duplicate', `match ${id} was rated more than once`),
  )
  for (const { matchId, before0, before1, delta0 } of ratings) {
    const match = matches.get(matchId)
    const [one, two] = [recount.get(match?.player0Id ?? ''), recount.get(match?.player1Id ?? '')]
    rated.add(matchId)
    if (!match || !one || !two || !ranked.has(matchId)) {
      note('rating', `match ${matchId} was rated and is not an ended ranked match`)
      continue
    }
    const before = [one.rating, two.rating]
    const delta = rate(one, two, match.winner)
    if (before0 !== before[0] || before1 !== before[1] || delta0 !== delta) {
      note(
        'rating',
        `match ${matchId} is recorded to move ${delta0} points at ${before0} and ${before1}; a recount has ${delta} at ` +
          before.join(' and '),
      )
    }
  }
  for (const id of ranked) if (!rated.has(id)) note('rating', `ranked match ${id} was never rated`)
  const records = new Map(cached.map((record) => [record.id, record]))
  for (const player of players) {
    const { id, wins, losses, draws, rating, ratedCount } = player
    const stored = JSON.stringify({ wins, losses, draws, rating, ratedCount })
    const right = JSON.stringify({ ...recount.get(id) }, ['wins', 'losses', 'draws', 'rating', 'ratedCount'])
    if (stored !== right) note('tally', `${id} is recorded with ${stored}; a recount has ${right}`)
    const record = records.get(id)
    if (record && FIELDS.some((field) => record[field] !== player[field]))
      note('cache', `${id} is shown with another record than is recorded`)
  }
}

const FIELDS: readonly (keyof PublicPlayer)[] = ['nickname', 'avatarUrl', 'rating', 'wins', 'losses', 'draws']

/** The leaderboards that follow from the rows: all time, and one for each week in which a ranked match ended. */
function checkBoards({ boards, matches, players }: Records, note: Note): void {
  const ratings = new Map(players.map(({ id, rating }) => [id, rating]))
  const members = new Map<string, Set<string>>()
  for (const { mode, endedAt, player0Id, player1Id } of matches) {
    if (mode !== 'ranked' || !endedAt) continue
    for (const board of ['all', isoWeek(endedAt.getTime())])
      members.set(board, (members.get(board) ?? new Set<string>()).add(player0Id).add(player1Id))
  }
  const standing = (entries: Iterable<readonly [string, number]>): string =>
    JSON.stringify([...entries].sort(([a, one], [b, two]) => two - one || (a < b ? 1 : -1)))
  for (const name of new Set([...members.keys(), ...Object.keys(boards)])) {
    const right = standing([...(members.get(name) ?? [])].map((id) => [id, ratings.get(id) ?? 0] as const))
    if (standing(boards[name] ?? []) !== right) note('leaderboard', `the leaderboard ${name} does not follow from the rows`)
  }
}
