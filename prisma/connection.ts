import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { createConnection, SqlError, type Connection, type ConnectionConfig } from 'mariadb'

/** MySQL's own default, written out: a site may have another one, and statements and their parameters must mean the same everywhere. */
const SQL_MODE = 'ONLY_FULL_GROUP_BY,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'

/**
 * How every session begins. The driver writes parameters into the text of statements and escapes them with backslashes, as characters of
 * utf8mb4: under NO_BACKSLASH_ESCAPES, or in a character set such as GBK, a parameter could end its own quotes and be executed. The last
 * statement fails unless the two before it took effect, and a connection whose start fails is not used.
 */
const SESSION = [
  `SET SESSION sql_mode = '${SQL_MODE}'`,
  'SET NAMES utf8mb4 COLLATE utf8mb4_bin',
  `SET SESSION time_zone = IF(FIND_IN_SET('NO_BACKSLASH_ESCAPES', @@SESSION.sql_mode) OR FIND_IN_SET('ANSI_QUOTES', ` +
    `@@SESSION.sql_mode), 'none: sql_mode cannot be set', IF(@@SESSION.character_set_client <> 'utf8mb4' OR ` +
    `@@SESSION.character_set_connection <> 'utf8mb4' OR @@SESSION.character_set_results <> 'utf8mb4', 'none: the character set cannot ` +
    `be set', '+00:00'))`,
]

/** What a pool needs in addition to `connectionOptions`, so that it sets up each of its sessions. */
export const poolOptions: Pick<ConnectionConfig, 'initSql'> = { initSql: SESSION }

/** The session cannot be set up, so parameters could be executed: this MySQL must not be used. */
export class SessionError extends Error {
  override readonly name = 'SessionError'
}

/**
 * Opens one connection whose session is set up.
 * @throws SessionError, or the driver's error if it cannot connect
 */
export async function openConnection(databaseUrl: string, options: ConnectionConfig = {}): Promise<Connection> {
  const connection = await createConnection({ ...connectionOptions(databaseUrl), ...options })
  try {
    for (const statement of SESSION) await connection.query(statement)
    return connection
  } catch (error) {
    connection.destroy()
    // The server refuses: its error is not fatal. A lost connection is not the session's fault.
    if (!(error instanceof SqlError) || error.fatal) throw error
    throw new SessionError(
      `MySQL does not let its sessions be set up (sql_mode, character set, time zone): ${error.sqlMessage ?? error.code}`,
      { cause: error },
    )
  }
}

/**
 * Whether an unhandled rejection is only a repetition: when a connection fails while it is being set up, the driver rejects the promise of
 * the caller and then, with the same error, another promise that nobody can reach.
 */
export const isRepeatedByDriver = (error: unknown): boolean => error instanceof SqlError && error.fatal

/**
 * What the mariadb driver needs to connect to a `mysql://user:password@host:port/database` address. TLS is requested with Prisma's own
 * parameters: `?sslaccept=strict` verifies the server, by the authorities that Node knows or those of the PEM file that `sslcert=` names;
 * `sslaccept=accept_invalid_certs` only encrypts.
 */
export function connectionOptions(databaseUrl: string): ConnectionConfig {
  const url = new URL(databaseUrl)
  const database = decodeURIComponent(url.pathname.slice(1))
  return {
    host: url.hostname,
    port: Number(url.port) || 3306,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database ? { database } : {}),
    ...tlsOf(url),
    connectTimeout: 5000,
    timezone: 'Z',
    // MySQL 8 without TLS sends the key with which the password is encrypted.
    allowPublicKeyRetrieval: true,
  }
}

function tlsOf({ hostname, searchParams }: URL): Pick<ConnectionConfig, 'ssl'> {
  const accept = searchParams.get('sslaccept')
  const authority = searchParams.get('sslcert')
  if (accept === null && authority === null) return {}
  if (accept === 'accept_invalid_certs') return { ssl: { rejectUnauthorized: false } }
  return {
    ssl: {
      rejectUnauthorized: true,
      ...identityOf(hostname),
      ...(authority !== null && { ca: readFileSync(authority, 'utf8') }),
    },
  }
}

/** The driver upgrades a socket that knows no address of its own: Node would look for "localhost" in the certificate. */
const identityOf = (hostname: string) => ({
  checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(hostname, certificate),
  ...(isIP(hostname) === 0 && { servername: hostname }),
})
