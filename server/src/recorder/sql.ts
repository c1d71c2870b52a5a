import { UNKNOWN_NICKNAME, unknownOpenid } from '../players/players.ts'
import { BOT } from '../match/bot.ts'

import { Prisma } from '../../../prisma/generated/client.ts'
import { isEnd, isRound, isStart, type EndEvent, type RecordedEvent, type RoundEvent, type StartEvent } from './events.ts'
import { rate } from './ratings.ts'

type Transaction = Prisma.TransactionClient

export interface PlayerRow {
  id: string
  openid: string
  nickname: string
  avatarUrl: string
  rating: number
  ratedCount: number
  wins: number
  losses: number
  draws: number
  deletedAt: Date | null
}

export interface Written {
  /** The current records of all players of matches that these events end. */
  players: PlayerRow[]
  /** Events that MySQL held already, or whose match it does not know. */
  skipped: number
}

/** How a shard's cursor moves, from where it was read. */
export interface CursorStep {
  shard: number
  from: string
  to: string
}

/**
 * Writes events inside the caller's transaction; those of one match in their order. Each event counts once even
 * if it is given twice: rows have natural keys, and tallies move only with the row that ends a match.
 */
export async function write(tx: Transaction, events: RecordedEvent[]): Promise<Written> {
  const [starts, rounds, ends] = [events.filter(isStart), events.filter(isRound), events.filter(isEnd)]
  // Locked in id order before anything else touches them: recorders of different shards share players.
  const players = await lockPlayers(tx, [...new Set([...starts, ...ends].flatMap((event) => event.players))].sort())

  let written = 0
  if (starts.length) written += await insertMatches(tx, starts)
  if (rounds.length) written += await insertRounds(tx, rounds)
  const open = ends.length
    ? await openMatches(
        tx,
        ends.map((event) => event.match),
      )
    : new Set<string>()
  // In the order in which they ended, whatever their shards: a player's rating follows their matches.
  const fresh = ends.filter((event) => open.delete(event.match)).sort((one, two) => one.at - two.at)
  if (fresh.length) await endMatches(tx, fresh, players)
  const ended = new Set(ends.flatMap((event) => event.players))
  return {
    players: [...players.values()].filter((player) => ended.has(player.id)),
    skipped: events.length - written - fresh.length,
  }
}

/** All of them have moved, or the transaction must be rolled back: another recorder was faster. */
export async function moveCursors(tx: Transaction, steps: CursorStep[]): Promise<boolean> {
  const rows = [...steps]
    .sort((one, two) => one.shard - two.shard)
    .map(({ shard, from, to }) => Prisma.sql`SELECT ${shard} AS shard, ${from} AS was, ${to} AS next`)
  const moved = await tx.$executeRaw`
    UPDATE (${Prisma.join(rows, ' UNION ALL ')}) s STRAIGHT_JOIN OutboxCursor c ON c.shard = s.shard AND c.lastId = s.was
    SET c.lastId = s.next, c.updatedAt = NOW(3)`
  return moved === steps.length
}

/** In MySQL's form, in the time zone of the connection: UTC. */
const timestamp = (at: number): string => new Date(at).toISOString().slice(0, -1).replace('T', ' ')

// The rows are sent as one JSON text: a statement with a parameter for each value costs several times as much. An undefined value is
// missing in the text, and null in the table.

async function insertMatches(tx: Transaction, starts: StartEvent[]): Promise<number> {
  const rows = starts.map(({ match, mode, bestOf, players, at }) => ({
    id: match,
    mode,
    bestOf,
    player0: players[0],
    player1: players[1],
    at: timestamp(at),
  }))
  return tx.$executeRaw`
    INSERT IGNORE INTO \`Match\` (id, mode, bestOf, player0Id, player1Id, startedAt)
    SELECT id, mode, bestOf, player0, player1, startedAt
    FROM JSON_TABLE(${JSON.stringify(rows)}, '$[*]' COLUMNS (
      id VARCHAR(40) PATH '$.id', mode VARCHAR(16) PATH '$.mode', bestOf INT PATH '$.bestOf',
      player0 VARCHAR(32) PATH '$.player0', player1 VARCHAR(32) PATH '$.player1', startedAt VARCHAR(23) PATH '$.at')) AS fresh`
}

/** What recorders of release 0.1 read, as long as the columns exist: a move that is a short text. */
const shortText = (move: unknown): string | undefined => (typeof move === 'string' && move.length <= 8 ? move : undefined)

async function insertRounds(tx: Transaction, rounds: RoundEvent[]): Promise<number> {
  const rows = rounds.map(({ match, round: { round, moves, winner, reason }, at }) => ({
    match,
    round,
    // A text within the text: MariaDB's JSON_TABLE takes nested values for null.
    moves: JSON.stringify(moves),
    move0: shortText(moves[0]),
    move1: shortText(moves[1]),
    winner: winner ?? undefined,
    reason,
    at: timestamp(at),
  }))
  return tx.$executeRaw`
    INSERT IGNORE INTO Round (matchId, round, moves, move0, move1, winner, reason, resolvedAt)
    SELECT matchId, round, moves, move0, move1, winner, reason, resolvedAt
    FROM JSON_TABLE(${JSON.stringify(rows)}, '$[*]' COLUMNS (
      matchId VARCHAR(40) PATH '$.match', round INT PATH '$.round', moves LONGTEXT PATH '$.moves',
      move0 VARCHAR(8) PATH '$.move0', move1 VARCHAR(8) PATH '$.move1',
      winner INT PATH '$.winner', reason VARCHAR(8) PATH '$.reason', resolvedAt VARCHAR(23) PATH '$.at')) AS fresh`
}

async function lockPlayers(tx: Transaction, ids: string[]): Promise<Map<string, PlayerRow>> {
  if (ids.length === 0) return new Map()
  const select = () => tx.$queryRaw<PlayerRow[]>`
    SELECT id, openid, nickname, avatarUrl, rating, ratedCount, wins, losses, draws, deletedAt
    FROM Player WHERE id IN (${Prisma.join(ids)}) ORDER BY id FOR UPDATE`
  let rows = await select()
  if (rows.length < ids.length) {
    // Redis knows players that MySQL has lost (an old backup): their matches are recorded, and they are restored at their next login.
    const known = new Set(rows.map((row) => row.id))
    const lost = ids.filter((id) => !known.has(id))
    await tx.player.createMany({
      data: lost.map((id) => ({ id, openid: unknownOpenid(id), nickname: UNKNOWN_NICKNAME, avatarUrl: '' })),
      skipDuplicates: true,
    })
    rows = await select()
  }
  return new Map(rows.map((row) => [row.id, row]))
}

async function openMatches(tx: Transaction, ids: string[]): Promise<Set<string>> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT id FROM \`Match\` WHERE id IN (${Prisma.join(ids)}) AND endedAt IS NULL FOR UPDATE`
  return new Set(rows.map((row) => row.id))
}

async function endMatches(tx: Transaction, ends: EndEvent[], players: Map<string, PlayerRow>): Promise<void> {
  const changes: Prisma.RatingChangeCreateManyInput[] = []
  const touched = new Set<PlayerRow>()
  for (const { match, mode, players: ids, result } of ends) {
    const [seat0, seat1] = [players.get(ids[0]), players.get(ids[1])]
    if (!seat0 || !seat1) throw new Error(`match ${match} has ended without its players`)
    touched.add(seat0).add(seat1)
    // Bots are for practice, whatever the mode: their matches are recorded and change no tally.
    if (ids.includes(BOT.id)) continue
    if (mode === 'ranked') {
      const [before0, before1] = [seat0.rating, seat1.rating]
      changes.push({ matchId: match, before0, before1, delta0: rate(seat0, seat1, result.winner) })
    }
    tally(seat0, seat1, result.winner)
  }
  // The list is read first, and each of its rows found by its key: a scan would lock rows that others have locked.
  const matchRows = ends.map(
    ({ match, scores, result, at }) =>
      Prisma.sql`SELECT ${match} AS id, ${scores[0]} AS score0, ${scores[1]} AS score1, ${result.winner} AS winner,
          ${result.reason} AS reason, ${new Date(at)} AS endedAt`,
  )
  await tx.$executeRaw`
    UPDATE (${Prisma.join(matchRows, ' UNION ALL ')}) e STRAIGHT_JOIN \`Match\` m ON m.id = e.id
    SET m.score0 = e.score0, m.score1 = e.score1, m.winner = e.winner, m.reason = e.reason, m.endedAt = e.endedAt`
  if (changes.length) await tx.ratingChange.createMany({ data: changes })
  const playerRows = [...touched].map(
    ({ id, rating, ratedCount, wins, losses, draws }) =>
      Prisma.sql`SELECT ${id} AS id, ${rating} AS rating, ${ratedCount} AS ratedCount,
          ${wins} AS wins, ${losses} AS losses, ${draws} AS draws`,
  )
  await tx.$executeRaw`
    UPDATE (${Prisma.join(playerRows, ' UNION ALL ')}) n STRAIGHT_JOIN Player p ON p.id = n.id
    SET p.rating = n.rating, p.ratedCount = n.ratedCount, p.wins = n.wins, p.losses = n.losses, p.draws = n.draws`
}

function tally(seat0: PlayerRow, seat1: PlayerRow, winner: 0 | 1 | null): void {
  if (winner === null) {
    seat0.draws += 1
    seat1.draws += 1
    return
  }
  const [victor, loser] = winner === 0 ? [seat0, seat1] : [seat1, seat0]
  victor.wins += 1
  loser.losses += 1
}
