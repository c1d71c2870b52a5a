import { expect } from 'vitest'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import type { MatchView, Move, RoundView } from '../../client-sdk/src/protocol.ts'
import { closeCleanly, startApp, type App } from '../../client-sdk/test/support/app.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import { movesOf } from '../../tools/chaos/records.ts'
import type { MatchRecords } from './records.ts'

/** A person with the mini program on a phone of their own; records everything that they see. */
export class PhonePlayer {
  readonly name: string
  readonly app: App
  readonly client: GameClient
  /** Acknowledged moves: round → move. */
  readonly acknowledged = new Map<number, Move>()
  /** Every result of a round that the player was shown: round → results, which should be one. */
  readonly rounds = new Map<number, Set<string>>()
  /** When the player first saw each round decided, performance.now(). */
  readonly decidedAt: number[] = []
  /** How long each loss of the connection lasted, ms. */
  readonly gaps: number[] = []
  /** When each of them began, performance.now(). */
  readonly losses: number[] = []
  /** Rounds with an acknowledged move of this player that a later view did not have. */
  readonly lost = new Set<number>()
  #lostAt = 0

  constructor(name: string, url: string, seed: number) {
    this.name = name
    this.app = startApp({ name, seed })
    this.client = this.app.sdk.createGameClient({ url })
    this.client.subscribe(({ connection, match, seat }) => {
      if (connection.status === 'online') {
        if (this.#lostAt) this.gaps.push(performance.now() - this.#lostAt)
        this.#lostAt = 0
      } else if (match && !this.#lostAt) {
        this.#lostAt = performance.now()
        this.losses.push(this.#lostAt)
      }
      if (match && seat !== null) this.#see(match, seat)
    })
  }

  #see({ round, status, seats, lastRound }: MatchView, seat: 0 | 1): void {
    if (status === 'playing' && this.acknowledged.has(round) && !seats[seat]?.moved) this.lost.add(round)
    if (!lastRound) return
    const seen = this.rounds.get(lastRound.round) ?? new Set<string>()
    if (seen.size === 0) this.decidedAt.push(performance.now())
    this.rounds.set(lastRound.round, seen.add(JSON.stringify(lastRound)))
  }

  /** Plays to the end. `choose` is called once for each round. */
  async play(choose: (view: MatchView) => unknown, ms: number): Promise<MatchView> {
    const { client } = this
    const deadline = performance.now() + ms
    let moved = 0
    for (;;) {
      await until(
        () => client.match?.status === 'finished' || (client.match?.round ?? 0) > moved,
        `${this.name}'s round ${moved + 1}`,
        deadline - performance.now(),
      )
      const view = client.match ?? expect.unreachable()
      if (view.status === 'finished') return view
      moved = view.round
      const move = (await choose(view)) as Move | null
      // It is the opponent's turn.
      if (move === null) continue
      await client.move(move).then(
        () => this.acknowledged.set(view.round, move),
        (error: { code?: string }) => {
          if (error.code !== 'stale_round' && error.code !== 'match_finished') throw error
        },
      )
    }
  }

  close(): Promise<void> {
    return closeCleanly(this.app, this.client)
  }
}

export type Duel = [PhonePlayer, PhonePlayer]

/** Two phones in a match of their own. */
export async function duel(url: string, names: [string, string], seed: number, bestOf: 1 | 3 | 5 = 5): Promise<Duel> {
  const players = names.map((name, index) => new PhonePlayer(name, url, seed * 2 + index)) as Duel
  const [one, two] = players
  await Promise.all(players.map(({ client }) => client.connect()))
  const { code } = await one.client.createRoom(bestOf)
  await two.client.joinRoom(code)
  await until(() => players.every(({ client }) => client.match?.status === 'playing'), 'the match begins')
  return players
}

/** Compares the record of a duel with all that its players saw and had acknowledged. */
export function expectDuelRecorded(records: MatchRecords, players: Duel): void {
  const { id, result } = players[0].client.match ?? expect.unreachable()
  expect(records.matches.get(id), id).toMatchObject({ winner: result?.winner, reason: result?.reason })
  const rows = records.rounds.get(id) ?? []
  expect(rows.map(({ round }) => round)).toEqual(rows.map((_, index) => index + 1))
  const recorded = new Map(
    rows.map((row) => [
      row.round,
      { round: row.round, moves: movesOf(row) as RoundView['moves'], winner: row.winner, reason: row.reason } satisfies RoundView,
    ]),
  )
  for (const { name, client, rounds, acknowledged } of players) {
    for (const [round, results] of rounds)
      expect(
        [...results].map((text) => JSON.parse(text) as RoundView),
        `round ${round} of ${id} as ${name} saw it`,
      ).toEqual([recorded.get(round)])
    for (const [round, move] of acknowledged)
      expect(recorded.get(round)?.moves[client.seat ?? 0], `${name}'s move of round ${round} in ${id}`).toBe(move)
  }
}
