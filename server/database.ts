import { PrismaMariaDb } from '@prisma/adapter-mariadb'
import { PrismaClient } from '../prisma/generated/client.ts'
import type { Config } from './config.ts'

export type Database = PrismaClient
export type { Prisma } from '../prisma/generated/client.ts'

/** A pool of connections to MySQL; none is opened before it is needed, so the server starts without MySQL too. */
export function createDatabase(config: Pick<Config, 'DATABASE_URL' | 'DATABASE_CONNECTIONS'>): Database {
  const url = new URL(config.DATABASE_URL)
  const adapter = new PrismaMariaDb(
    {
      host: url.hostname,
      port: Number(url.port || 3306),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: url.pathname.slice(1),
      connectionLimit: config.DATABASE_CONNECTIONS,
      connectTimeout: 2000,
      acquireTimeout: 3000,
      // MySQL 8 without TLS sends its public key for the password; with TLS this is never used.
      allowPublicKeyRetrieval: true,
      timezone: 'Z',
    },
    { useTextProtocol: true },
  )
  return new PrismaClient({ adapter })
}
