import type { ConnectionConfig } from 'mariadb'

/** What the mariadb driver needs to connect to a `mysql://user:password@host:port/database` address. */
export function connectionOptions(databaseUrl: string): ConnectionConfig {
  const url = new URL(databaseUrl)
  const database = decodeURIComponent(url.pathname.slice(1))
  return {
    host: url.hostname,
    port: Number(url.port) || 3306,
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    ...(database ? { database } : {}),
    connectTimeout: 5000,
    // MySQL 8 without TLS sends its key to encrypt the password with.
    allowPublicKeyRetrieval: true,
  }
}
