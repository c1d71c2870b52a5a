import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AnyGame } from '../../games/rules.ts'
import { ConfigError } from './config.ts'
import type { Database } from './database.ts'
import { isOutage } from './errors.ts'
import { gameKey } from './keys.ts'
import type { Log } from './log.ts'
import type { RedisClient } from './redis/connect.ts'

const FOLDER = new URL('../../games/', import.meta.url)

/** The games that `GAME` may name: the folders under `games/`. */
export const gameNames = (): string[] =>
  readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()

/** Loads the rules of the game that this cluster plays. @throws ConfigError if there is no such game */
export async function loadGame(name: string): Promise<AnyGame> {
  if (!gameNames().includes(name)) throw new ConfigError(`GAME: there is no game "${name}"; there are ${gameNames().join(', ')}.`)
  const { game } = (await import(new URL(`${name}/index.ts`, FOLDER).href)) as { game: AnyGame }
  if (game.name !== name) throw new ConfigError(`GAME: games/${name}/index.ts exports a game that calls itself "${game.name}".`)
  return game
}

/** Redis or MySQL holds matches of another game. */
export class WrongGameError extends Error {
  override readonly name = 'WrongGameError'
  constructor(where: string, other: string, game: string) {
    super(
      `${where} holds matches of "${other}": it cannot play "${game}" as well. Set GAME=${other}, or give "${game}" a Redis and a ` +
        'database of its own.',
    )
  }
}

const SETTING = 'game'
const RETRY_MS = 5000

/**
 * Compares the game with the one that Redis and MySQL hold matches of, and stores its name if they are empty. If MySQL is away the check is
 * repeated until it answers, while play goes on.
 * @throws WrongGameError if either holds matches of another game
 */
export async function checkGame(
  { name }: AnyGame,
  { redis, database, log }: { redis: RedisClient; database: Database; log: Log },
): Promise<void> {
  // Read before writing: nodes whose game is already stored must start even if Redis takes no writes.
  const inRedis = (await redis.get(gameKey)) ?? (await redis.set(gameKey, name, 'NX', 'GET')) ?? name
  if (inRedis !== name) throw new WrongGameError('Redis', inRedis, name)
  const checkDatabase = async (): Promise<void> => {
    await database.setting.createMany({ data: [{ name: SETTING, value: name }], skipDuplicates: true })
    const { value } = await database.setting.findUniqueOrThrow({ where: { name: SETTING } })
    if (value !== name) throw new WrongGameError('The database', value, name)
  }
  try {
    await checkDatabase()
  } catch (error) {
    if (!isOutage(error)) throw error
    log.warn('MySQL is away: whether it holds another game is checked once it is back')
    void (async () => {
      for (;;) {
        await sleep(RETRY_MS, undefined, { ref: false })
        try {
          return await checkDatabase()
        } catch (later) {
          if (isOutage(later)) continue
          log.fatal({ err: later }, later instanceof Error ? later.message : 'the game could not be checked')
          process.exit(1)
        }
      }
    })()
  }
}
