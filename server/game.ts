import { readdirSync } from 'node:fs'
import type { AnyGame } from '../games/rules.ts'
import { ConfigError } from './config.ts'

const FOLDER = new URL('../games/', import.meta.url)

/** The games that `GAME` may name: the folders under `games/`. */
export const gameNames = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()

/** Loads the rules that this cluster plays by. @throws ConfigError if there is no such game */
export async function loadGame(name: string): Promise<AnyGame> {
  if (!gameNames().includes(name)) throw new ConfigError(`GAME: there is no game "${name}"; there are ${gameNames().join(', ')}.`)
  const { game } = (await import(new URL(`${name}/index.ts`, FOLDER).href)) as { game: AnyGame }
  if (game.name !== name) throw new ConfigError(`GAME: games/${name}/index.ts exports a game that calls itself "${game.name}".`)
  return game
}
