import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection, type Connection } from 'mariadb'
import { expect } from 'vitest'
import { connectionOptions } from '../../prisma/connection.ts'
import { BOT } from '../../server/src/match/bot.ts'
import { replay, ratingDelta, unrated } from '../../server/src/recorder/ratings.ts'
import { movesOf, type MatchRow, type RoundRow } from '../../tools/chaos/records.ts'
import type { TestPlayer } from './player.ts'

/** The content of MySQL. */
export interface MatchRecords {
  matches: Map<string, MatchRow>
  rounds: Map<string, RoundRow[]>
}

export const connectTo = (url: string): Promise<Connection> => createConnection({ ...connectionOptions(url), timezone: 'Z' })

export async function readRecords(url: string): Promise<MatchRecords> {
  const connection = await connectTo(url)
  try {
    const matches: MatchRow[] = await connection.query('SELECT * FROM `Match`')
    const rounds: RoundRow[] = await connection.query('SELECT * FROM Round ORDER BY matchId, round')
    return { matches: new Map(matches.map((row) => [row.id, row])), rounds: Map.groupBy(rounds, (row) => row.matchId) }
  } finally {
    await connection.end()
  }
}

/** Waits until MySQL holds the end of all these matches. */
export async function recorded(url: string, matches: string[], ms = 15_000): Promise<MatchRecords> {
  const deadline = performance.now() + ms
  for (;;) {
    const records = await readRecords(url)
    const missing = matches.filter((id) => !records.matches.get(id)?.endedAt)
    if (missing.length === 0) return records
    if (performance.now() > deadline) throw new Error(`after ${ms} ms MySQL still lacks the end of ${missing.join(', ')}`)
    await sleep(50)
  }
}

/** Compares the record of a match with the views and the acknowledgements of its players. */
export function expectRecorded(records: MatchRecords, matchId: string, players: [TestPlayer, TestPlayer]): void {
  const match = records.matches.get(matchId)
  const rounds = records.rounds.get(matchId) ?? []
  const view = players[0].views.findLast((each) => each.id === matchId && each.status === 'finished')
  expect(view, `the end of ${matchId} as ${players[0].name} saw it`).toBeDefined()
  expect(match).toMatchObject({
    winner: view?.result?.winner,
    reason: view?.result?.reason,
    score0: view?.seats[0]?.score,
    score1: view?.seats[1]?.score,
  })
  expect(rounds.map((row) => row.round)).toEqual(Array.from({ length: rounds.length }, (_, index) => index + 1))
  if (view?.lastRound) expect(rounds).toHaveLength(view.lastRound.round)
  for (const row of rounds) {
    const moves = movesOf(row)
    const asRecorded = { round: row.round, moves, winner: row.winner, reason: row.reason }
    for (const player of players) {
      const seen = player.rounds.get(`${matchId}/${row.round}`)
      if (seen) expect(seen).toEqual(asRecorded)
      const seat = view?.seats.findIndex((each) => each.player.id === player.player.id) ?? 0
      const acknowledged = player.acknowledged.get(`${matchId}/${row.round}`)
      if (acknowledged !== undefined) expect(moves[seat], `${player.name}'s acknowledged move of round ${row.round}`).toEqual(acknowledged)
    }
  }
}

/** Compares every tally and rating in MySQL with a recount from the matches, in recorded order. */
export async function expectTallies(url: string): Promise<void> {
  const connection = await connectTo(url)
  try {
    const matches: MatchRow[] = await connection.query('SELECT * FROM `Match` WHERE endedAt IS NOT NULL')
    const changes: { matchId: string; before0: number; before1: number; delta0: number }[] = await connection.query(
      'SELECT * FROM RatingChange ORDER BY seq',
    )
    const players: { id: string; wins: number; losses: number; draws: number; rating: number; ratedCount: number }[] =
      await connection.query('SELECT * FROM Player')
    const recount = new Map(players.map(({ id }) => [id, { id, wins: 0, losses: 0, draws: 0, ...unrated() }]))
    for (const { player0Id, player1Id, winner } of matches) {
      // Matches against the bot are recorded and count for no player.
      if (player1Id === BOT.id) continue
      const seats = [recount.get(player0Id), recount.get(player1Id)]
      seats.forEach((seat, index) => {
        if (!seat) throw new Error('a match without its player')
        if (winner === null) seat.draws += 1
        else if (winner === index) seat.wins += 1
        else seat.losses += 1
      })
    }
    const byId = new Map(matches.map((row) => [row.id, row]))
    expect(changes.map(({ matchId }) => matchId).sort()).toEqual(
      matches
        .filter(({ mode }) => mode === 'ranked')
        .map(({ id }) => id)
        .sort(),
    )
    for (const change of changes) {
      const row = byId.get(change.matchId)
      const seat0 = recount.get(row?.player0Id ?? '')
      const seat1 = recount.get(row?.player1Id ?? '')
      if (!row || !seat0 || !seat1) throw new Error('a rating change without its match')
      expect(change).toMatchObject({ before0: seat0.rating, before1: seat1.rating, delta0: ratingDelta(seat0, seat1, row.winner) })
      seat0.rating += change.delta0
      seat1.rating -= change.delta0
      seat0.ratedCount += 1
      seat1.ratedCount += 1
    }
    const results = changes
      .flatMap(({ matchId }) => byId.get(matchId) ?? [])
      .map(({ player0Id, player1Id, winner }) => ({ players: [player0Id, player1Id] as [string, string], winner }))
    const rated = players.filter(({ ratedCount }) => ratedCount > 0)
    expect(new Map(rated.map(({ id, rating, ratedCount }) => [id, { rating, ratedCount }]))).toEqual(replay(results))
    const asStored = players.map(({ id, wins, losses, draws, rating, ratedCount }) => ({ id, wins, losses, draws, rating, ratedCount }))
    expect(asStored).toEqual(asStored.map(({ id }) => recount.get(id)))
  } finally {
    await connection.end()
  }
}
