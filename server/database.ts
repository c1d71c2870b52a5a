import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { connectionOptions } from '../prisma/connection.ts'
import { PrismaClient } from '../prisma/generated/client.ts'
import type { Config } from './config.ts'

export type Database = PrismaClient
export type { Prisma } from '../prisma/generated/client.ts'

/** A pool of connections to MySQL; none is opened before it is needed, so the server starts without MySQL too. */
export function createDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATABASE_CONNECTIONS'>): Database {
  const adapter = new PrismaMariaDb(
    {
      ...connectionOptions(config.DATABASE_URL),
      connectionLimit: config.DATABASE_CONNECTIONS,
      connectTimeout: 2000,
      acquireTimeout: 3000,
      timezone: 'Z',
    },
    { useTextProtocol: true },
  )
  return new PrismaClient({ adapter })
}
