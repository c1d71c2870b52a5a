import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import type { ConnectionConfig } from 'mariadb'

/**
 * What the mariadb driver needs to connect to a `mysql://user:password@host:port/database` address. TLS is asked for
 * by Prisma's own parameters: `?sslaccept=strict` verifies the server, by the authorities that Node knows or those
 * of the PEM file that `sslcert=` names; `sslaccept=accept_invalid_certs` only encrypts.
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
    // MySQL 8 without TLS sends its key to encrypt the password with.
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
