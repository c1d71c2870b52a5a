import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { connectionOptions, openConnection, poolOptions, SessionError } from '../../prisma/connection.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Config } from './config.ts'

export type Database = PrismaClient
export type { Prisma } from '../../prisma/generated/client.ts'

const CONNECT_TIMEOUT_MS = 2000
const IDLE_CONNECTIONS = 2
/** Seconds after which a connection beyond those is closed if nothing uses it. */
const IDLE_S = 60

/** A pool of connections to MySQL; none is opened before it is needed, so the server starts without MySQL too. */
export function createDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATABASE_CONNECTIONS'>): Database {
  const adapter = new PrismaMariaDb(
    {
      ...connectionOptions(config.DATABASE_URL),
      ...poolOptions,
      connectionLimit: config.DATABASE_CONNECTIONS,
      // The driver would hold the limit open always: many idle processes must not use up the connections of MySQL.
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
 * Opens one session as all others are opened. A MySQL that is away is no reason to refuse: the server starts without it.
 * @throws SessionError when MySQL is there and does not let the session be set up
 */
export async function checkDatabase({ DATABASE_URL }: Pick<Config, 'DATABASE_URL'>): Promise<void> {
  try {
    const connection = await openConnection(DATABASE_URL, { connectTimeout: CONNECT_TIMEOUT_MS })
    await connection.end()
  } catch (error) {
    if (error instanceof SessionError) throw error
  }
}
