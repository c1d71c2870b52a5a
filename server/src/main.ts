/** The roles of this program, and how each of them starts. */
import { ConfigError, printable, readConfig, warningsOf } from './config.ts'
import { checkDatabase } from './database.ts'
import { WrongGameError } from './game.ts'
import { createLog } from './log.ts'
import { FORMATS, type Formats } from './match/formats.ts'
import { UnfitRedisError } from './redis/check.ts'
import { runRecorder } from './roles/recorder.ts'
import { isRepeatedByDriver, SessionError } from '../../prisma/connection.ts'
import { runMigrations } from '../../prisma/migrate.ts'
import { runServer } from './roles/server.ts'

/**
 * Starts one of the two roles that serve until they are asked to stop. @param formats the match formats that this build reads and writes
 */
export function serve(role: 'server' | 'recorder', formats: Formats = FORMATS): void {
  try {
    const config = readConfig(process.env, role)
    const log = createLog(config)
    // Node itself would print the error with everything that it carries, secrets included.
    process.on('uncaughtException', (error) => {
      log.fatal({ err: error }, 'uncaught exception')
      process.exit(1)
    })
    process.on('unhandledRejection', (error) => {
      if (!isRepeatedByDriver(error)) log.error({ err: error }, 'unhandled rejection')
    })
    log.info({ role, config: printable(config), runtime: process.version }, 'starting')
    if (role === 'server') for (const warning of warningsOf(config)) log.warn(warning)
    const run = role === 'server' ? runServer : runRecorder
    checkDatabase(config)
      .then(() => run(config, log, formats))
      .catch((error: unknown) => {
        const plain =
          error instanceof UnfitRedisError ||
          error instanceof SessionError ||
          error instanceof WrongGameError ||
          error instanceof ConfigError
        log.fatal(plain ? {} : { err: error }, plain ? error.message : 'failed to start')
        process.exit(1)
      })
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 2
  }
}

export async function main([role = 'server', ...rest]: string[]): Promise<void> {
  if (role === 'migrate') process.exitCode = await runMigrations(rest, process.env)
  else if (rest.length === 0 && (role === 'server' || role === 'recorder')) serve(role)
  else {
    process.stderr.write('Usage: node server/main.ts [server | recorder | migrate [--wait]]\n')
    process.exitCode = 2
  }
}
