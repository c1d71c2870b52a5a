import type { GameClient } from '../../src/client/client.ts'
import type { GameClientOptions } from '../../src/client/options.ts'
import type { MatchView, Move } from '../../src/protocol.ts'
import { closeCleanly, startApp, type App, type AppOptions } from './app.ts'
import { assertDefined } from './assert-defined.ts'
import { until } from './until.ts'

export interface DuelOptions {
  url: string
  names: [string, string]
  bestOf?: 1 | 3 | 5
  phone?: Omit<AppOptions, 'name'>
  timing?: GameClientOptions['timing']
  /** Further options for the clients, by app: another `io`, for example. */
  client?: (app: App) => Partial<GameClientOptions>
}

/** One side of a duel. */
export interface Side {
  app: App
  client: GameClient
  /** The moves of this side that were acknowledged: round → move. */
  moved: Map<number, Move>
}

/** Two phones in a match that no other player can join: the second joins the room of the first. */
export async function startDuel({ url, names, bestOf = 5, phone, timing, client }: DuelOptions): Promise<[Side, Side]> {
  const sides = names.map((name, i): Side => {
    const app = startApp({ name, seed: i + 1, ...phone })
    const options = { url, ...(timing ? { timing } : {}), ...client?.(app) }
    return { app, client: app.sdk.createGameClient(options), moved: new Map() }
  }) as [Side, Side]
  const [one, two] = sides
  await Promise.all(sides.map((side) => side.client.connect()))
  const { code } = await one.client.createRoom(bestOf)
  await two.client.joinRoom(code)
  await until(() => one.client.match?.status === 'playing', 'the match begins')
  return sides
}

/** Makes both move until the round is decided; */
export async function playRound([one, two]: [Side, Side], moves: [Move, Move], ms = 15_000): Promise<void> {
  const { round, id } = assertDefined(one.client.match)
  await Promise.all([moveOf(one, moves[0]), moveOf(two, moves[1])])
  for (const { client } of [one, two]) {
    await until(
      () => client.match?.id === id && (client.match.round > round || client.match.status === 'finished'),
      `round ${round} decided`,
      ms,
    )
  }
}

export async function moveOf(side: Side, move: Move): Promise<void> {
  const { round } = assertDefined(side.client.match)
  await side.client.move(move)
  side.moved.set(round, move)
}

/** Plays a match to its end by the given moves; the last pair is repeated. */
export async function finish(sides: [Side, Side], moves: [Move, Move][] = [['rock', 'scissors']], ms?: number): Promise<MatchView> {
  const [one] = sides
  for (let i = 0; one.client.match?.status === 'playing'; i++) {
    await playRound(sides, assertDefined(moves[Math.min(i, moves.length - 1)]), ms)
  }
  return assertDefined(one.client.match)
}

export async function endDuel(sides: [Side, Side]): Promise<void> {
  for (const { app, client } of sides) await closeCleanly(app, client)
}
