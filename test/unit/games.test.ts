import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AnyGame, PerSeat, Seat } from '../../games/rules.ts'
import { game as dice } from '../../games/liars-dice/rules.ts'
import { game as gomoku } from '../../games/gomoku/rules.ts'
import { ROOT } from '../../tools/services/node.ts'
import { gameNames, loadGame } from '../../server/src/game.ts'
import { randomOf } from '../support/random.ts'

const games = await Promise.all(gameNames().map(loadGame))
const SEATS: readonly Seat[] = [0, 1]
const isJson = (value: unknown): void => expect(JSON.parse(JSON.stringify(value) ?? 'null')).toEqual(value ?? null)

/**
 * Plays a match by the game's own bot or by random legal moves, and checks every promise of the interface on the way. Returns its steps.
 */
function playOut(game: AnyGame, seed: number, withBots: boolean): number {
  const random = randomOf(seed)
  const [bestOf] = game.bestOf
  let state = game.setup({ bestOf, maxRounds: bestOf * 3, options: {} as never, random })
  for (let step = 1; step <= 1000; step += 1) {
    isJson(state)
    const before = JSON.stringify(state)
    const awaited = game.awaited(state)
    expect(awaited.some(Boolean)).toBe(true)
    const moves = SEATS.map((seat) => {
      const legal = game.legalMoves(game.view(state, seat), seat)
      if (!awaited[seat]) {
        // Rules that do not say whose turn it is await both players.
        expect(legal).toEqual([])
        return null
      }
      expect(legal.length).toBeGreaterThan(0)
      const move = withBots ? game.bot(game.view(state, seat), seat, random) : legal[Math.floor(random() * legal.length)]
      expect(game.isLegal(state, seat, move)).toBe(true)
      expect(game.move.parse(move)).toEqual(move)
      return random() < 0.02 ? null : move
    }) as unknown as PerSeat<unknown>
    const missing = SEATS.some((seat) => awaited[seat] && moves[seat] === null)
    for (const viewer of [...SEATS, null]) isJson(game.view(state, viewer))
    const [seats, spectator] = [SEATS.map((seat) => game.view(state, seat)), game.view(state, null)]
    if (!game.viewDiffers) for (const view of seats) expect(view).toEqual(spectator)
    const done = (missing ? game.timeout : game.play)(state, moves, random)
    expect(JSON.stringify(state), 'a function of the rules changes no argument').toBe(before)
    state = done.state
    expect(game.scores(state).every(Number.isInteger)).toBe(true)
    if (game.result(state)) return step
  }
  throw new Error(`${game.name} does not end`)
}

test('every folder under games/ is a game', () => {
  expect(gameNames()).toEqual(expect.arrayContaining(['gomoku', 'liars-dice', 'rps']))
})

test.each(games.map((game) => [game.name, game] as const))('%s satisfies games/rules.ts, played by bots and at random', (_, game) => {
  fc.assert(
    fc.property(fc.integer(), fc.boolean(), (seed, withBots) => playOut(game, seed, withBots) > 0),
    { numRuns: game.name === 'gomoku' ? 12 : 200 },
  )
})

test.each(games.map((game) => [game.name, game] as const))('%s plays the same match for the same random numbers', (_, game) => {
  expect(playOut(game, 7, true)).toBe(playOut(game, 7, true))
})

test('no game imports the server, and nothing in the server imports a game', () => {
  const files = (folder: string): string[] =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(ts|lua)$/.test(file))
      .map((file) => join(folder, file))
  for (const file of files('games')) expect(readFileSync(join(ROOT, file), 'utf8'), file).not.toMatch(/from '[./]*server\//)
  for (const file of files('server'))
    expect(readFileSync(join(ROOT, file), 'utf8'), file).not.toMatch(/rock|paper|scissors|gomoku|dice|games\/(?!rules)(?!')\w/)
})

test('the rules of the sample games are short', () => {
  for (const name of ['gomoku', 'liars-dice'])
    expect(readFileSync(join(ROOT, 'games', name, 'rules.ts'), 'utf8').split('\n').length).toBeLessThanOrEqual(150)
})

test('gomoku: five in a row win in every direction, four do not', () => {
  const empty = gomoku.setup({ bestOf: 1, maxRounds: 3, options: {}, random: () => 0 })
  for (const [dx, dy] of [
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
  ] as const) {
    let state = empty
    for (let stone = 0; stone < 5; stone += 1) {
      expect(gomoku.result(state)).toBeNull()
      ;({ state } = gomoku.play(state, [{ x: 3 + dx * stone, y: 8 + dy * stone }, null], Math.random))
      if (stone < 4) ({ state } = gomoku.play(state, [null, { x: 14, y: stone * 2 }], Math.random))
    }
    expect(gomoku.result(state)).toEqual({ winner: 0, reason: 'score' })
    expect(gomoku.scores(state)).toEqual([1, 0])
  }
  const taken = gomoku.play(empty, [{ x: 7, y: 7 }, null], Math.random).state
  expect(gomoku.isLegal(taken, 1, { x: 7, y: 7 })).toBe(false)
})

test("liar's dice: a challenge counts both cups, ones count as every face until bid on, and the dice of others are hidden", () => {
  const start = {
    ...dice.setup({ bestOf: 1, maxRounds: 3, options: {}, random: () => 0 }),
    dice: [
      [1, 1, 2, 3, 4],
      [4, 4, 5, 5, 6],
    ] as const,
    turn: 0 as const,
  }
  const bid = (count: number, face: number) => dice.play(start, [{ count, face }, null], Math.random).state
  const challenge = (state: ReturnType<typeof bid>) => dice.play(state, [null, 'challenge'], Math.random).winner
  expect(challenge(bid(5, 4))).toBe(0)
  expect(challenge(bid(6, 4))).toBe(1)
  expect(challenge(bid(2, 1))).toBe(0)
  const ones = dice.play(bid(2, 1), [null, { count: 3, face: 4 }], Math.random).state
  expect(dice.play(ones, ['challenge', null], Math.random).winner).toBe(1)
  const four = dice.play(bid(2, 1), [null, { count: 4, face: 4 }], Math.random).state
  expect(dice.play(four, ['challenge', null], Math.random).winner).toBe(0)
  expect(dice.isLegal(bid(3, 3), 1, { count: 3, face: 2 })).toBe(false)
  expect(dice.isLegal(start, 0, 'challenge')).toBe(false)
  expect(dice.view(start, 0)).toMatchObject({ dice: start.dice[0] })
  expect(JSON.stringify(dice.view(start, 1))).not.toContain(JSON.stringify(start.dice[0]))
  expect(dice.view(start, null)).toMatchObject({ dice: [] })
})
