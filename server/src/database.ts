import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { connectionOptions, openConnection, poolOptions, SessionError } from '../../prisma/connection.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Config } from './config.ts'

export type Database = PrismaClient
export type { Prisma } from '../../prisma/generated/client.ts'

const CONNECT_TIMEOUT_MS = 2000
const IDLE_CONNECTIONS = 2
/** Seconds after which an unused connection beyond the minimum is closed. */
const IDLE_S = 60

/** A pool of connections to MySQL. It opens none before one is needed, so the server also starts while MySQL is away. */
export function createDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATABASE_CONNECTIONS'>): Database {
  const adapter = new PrismaMariaDb(
    {
      ...connectionOptions(config.DATABASE_URL),
      ...poolOptions,
      connectionLimit: config.DATABASE_CONNECTIONS,
      // By default the driver would keep the maximum open all the time: many idle processes must not use up MySQL's connections.
      minimumIdle: IDLE_CONNECTIONS,
      idleTimeout: IDLE_S,
      connectTimeout: CONNECT_TIMEOUT_MS,
      acquireTimeout: 3000,
    },
    { useTextProtocol: true },
  )
  return new PrismaClient({ adapter })
}

/**
 * Opens one session in the same way as the pool does. If MySQL is away this is no error: the server starts without it.
 * @throws SessionError if MySQL refuses the settings of the session
 */
export async function checkDatabase({ DATABASE_URL }: Pick<Config, 'DATABASE_URL'>): Promise<void> {
  try {
    const connection = await openConnection(DATABASE_URL, { connectTimeout: CONNECT_TIMEOUT_MS })
    await connection.end()
  } catch (error) {
    if (error instanceof SessionError) throw error
  }
}
