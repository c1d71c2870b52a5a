import type {
  BestOf,
  HeadToHeadReply,
  MatchMode,
  MatchReply,
  MatchesReply,
  RecordedMatch,
  ResultReason,
  SeatIndex,
} from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import type { Database } from '../database.ts'
import type { Round } from '../match/match.ts'
import { Prisma } from '../../../prisma/generated/client.ts'
import { encodeCursor, NEWEST, type HistoryCursor } from './history-cursor.ts'

/** Recorded matches as MySQL has them: a match is there a moment after it has ended. */
export interface History {
  /** The ended matches of a player, newest first, after a cursor. */
  matches(player: string, limit: number, after: HistoryCursor): Promise<MatchesReply>
  /** A recorded match, ended or not, with its completed rounds; null if there is none. */
  match(id: string): Promise<MatchReply<unknown> | null>
  /** A player's results against one opponent, and their streak in ranked matches. */
  headToHead(player: string, opponent: string): Promise<HeadToHeadReply>
}

interface Row {
  id: string
  mode: string
  bestOf: number
  player0Id: string
  player1Id: string
  score0: number
  score1: number
  winner: number | null
  reason: string | null
  startedAt: Date
  endedAt: Date | null
}

// Forced, since the optimizer may decide to filter every match of a busy player instead of starting where the page starts.
const SEATS = [
  { seat: Prisma.sql`player0Id`, index: Prisma.sql`Match_player0Id_endedAt_idx` },
  { seat: Prisma.sql`player1Id`, index: Prisma.sql`Match_player1Id_endedAt_idx` },
]

/** Matches in which a streak is looked for. */
const STREAK_LOOK = 100

/** What the winner's seat means to a player. */
function outcomeFor(player: string, { winner, player0Id }: Row): 'win' | 'loss' | 'draw' {
  if (winner === null) return 'draw'
  return (winner === 0) === (player0Id === player) ? 'win' : 'loss'
}

/** @param rows ended matches of the player, newest first */
function streakOf(player: string, rows: Row[]): number {
  const outcomes = rows.filter(({ mode }) => mode === 'ranked').map((row) => outcomeFor(player, row))
  const [first] = outcomes
  if (first === undefined || first === 'draw') return 0
  const other = outcomes.findIndex((outcome) => outcome !== first)
  const length = other === -1 ? outcomes.length : other
  return first === 'win' ? length : -length
}

/** The day (since the epoch, UTC) of the time in a match id, as the column `day` has it. */
const dayOf = (id: string): number => Math.floor(parseInt(id.split('-')[1]?.slice(0, 9) ?? '', 36) / 86_400_000)

export function createHistory(database: Database, players: Players): History {
  /** One range of the index for each seat, from the cursor and no further than the page; then both are merged. */
  function page(player: string, { endedAt, id }: HistoryCursor, take: number): Promise<Row[]> {
    const at = new Date(endedAt)
    const walks = SEATS.map(
      ({ seat, index }) => Prisma.sql`
        (SELECT id, mode, bestOf, player0Id, player1Id, score0, score1, winner, reason, startedAt, endedAt
         FROM \`Match\` FORCE INDEX (${index}) WHERE ${seat} = ${player} AND endedAt <= ${at} AND (endedAt < ${at} OR id < ${id})
         ORDER BY endedAt DESC, id DESC LIMIT ${take})`,
    )
    return database.$queryRaw<Row[]>`${Prisma.join(walks, ' UNION ALL ')} ORDER BY endedAt DESC, id DESC LIMIT ${take}`
  }

  async function recorded(rows: Row[]): Promise<RecordedMatch[]> {
    const records = await players.getMany(rows.flatMap(({ player0Id, player1Id }) => [player0Id, player1Id]))
    return rows.map((row) => {
      const seats = (
        [
          [row.player0Id, row.score0],
          [row.player1Id, row.score1],
        ] as const
      ).map(([id, score]) => {
        const player = records.get(id)
        if (!player) throw new Error(`match ${row.id} lacks its player ${id}`)
        return { player, score }
      })
      return {
        id: row.id,
        mode: row.mode as MatchMode,
        bestOf: row.bestOf as BestOf,
        seats,
        result: row.reason === null ? null : { winner: row.winner as SeatIndex | null, reason: row.reason as ResultReason },
        startedAt: row.startedAt.getTime(),
        endedAt: row.endedAt?.getTime() ?? null,
      }
    })
  }

  /** Wins of each seat, and draws, in all ended matches of two players in these seats. */
  async function meetings(player0: string, player1: string): Promise<{ won0: number; won1: number; drawn: number }> {
    const [row] = await database.$queryRaw<{ won0: bigint; won1: bigint; drawn: bigint }[]>`
      SELECT COUNT(IF(winner = 0, 1, NULL)) AS won0, COUNT(IF(winner = 1, 1, NULL)) AS won1, COUNT(IF(winner IS NULL, 1, NULL)) AS drawn
      FROM \`Match\` WHERE player0Id = ${player0} AND player1Id = ${player1} AND endedAt IS NOT NULL AND mode <> 'practice'`
    return { won0: Number(row?.won0 ?? 0), won1: Number(row?.won1 ?? 0), drawn: Number(row?.drawn ?? 0) }
  }

  /** Rounds of matches that began before this day, since the epoch, are in an archive; 0 if there is none. */
  async function archivedBefore(): Promise<number> {
    const row = await database.setting.findUnique({ where: { name: 'archivedBefore' } })
    return Number(row?.value ?? 0)
  }

  return {
    async headToHead(player, opponent) {
      const [first, second, recent] = await Promise.all([
        meetings(player, opponent),
        meetings(opponent, player),
        page(player, NEWEST, STREAK_LOOK),
      ])
      return {
        wins: first.won0 + second.won1,
        losses: first.won1 + second.won0,
        draws: first.drawn + second.drawn,
        streak: streakOf(player, recent),
      }
    },
    async matches(player, limit, after) {
      // One more than is shown, which says whether there is more.
      const rows = await page(player, after, limit + 1)
      const shown = rows.slice(0, limit)
      const last = shown.at(-1)
      const next = rows.length > limit && last?.endedAt ? { next: encodeCursor({ endedAt: last.endedAt.getTime(), id: last.id }) } : {}
      return { matches: await recorded(shown), ...next }
    },
    async match(id) {
      const day = dayOf(id)
      const [row, rows] = await Promise.all([
        database.match.findUnique({ where: { id } }),
        // The day leads to one partition; without it all of them are searched.
        database.round.findMany({ where: { matchId: id, day }, orderBy: { round: 'asc' } }),
      ])
      const [match] = row ? await recorded([row]) : []
      if (!row || !match) return null
      const rounds = rows.map(({ round, moves, move0, move1, winner, reason, resolvedAt }) => ({
        round,
        moves: (moves ?? [move0, move1]) as Round['moves'],
        winner: winner as SeatIndex | null,
        reason: reason as Round['reason'],
        resolvedAt: resolvedAt.getTime(),
      }))
      return { match, rounds, ...(rounds.length === 0 && day < (await archivedBefore()) && { archived: true as const }) }
    },
  }
}
