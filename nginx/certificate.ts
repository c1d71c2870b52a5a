import { execFile } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'

export interface Certificate {
  /** Paths of the PEM files. */
  certificate: string
  key: string
}

export interface CertificateOptions {
  /** Names and addresses it is for. */
  hosts?: string[]
  /** Days it is valid; browsers refuse more than 825. */
  days?: number
  /** Path of openssl. */
  openssl?: string
}

const RENEW_BEFORE_MS = 7 * 86_400_000

/**
 * A self-signed certificate (ECDSA P-256) under `dir`, for development. The one that is there is kept until a week
 * before its end, so that a browser has to be told only once.
 */
export async function ensureCertificate(dir: string, options: CertificateOptions = {}): Promise<Certificate> {
  const { hosts = ['localhost', '127.0.0.1'], days = 825, openssl = 'openssl' } = options
  const files = { certificate: join(dir, 'cert.pem'), key: join(dir, 'key.pem') }
  if (isGood(files, hosts)) return files
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const request = join(dir, 'request.conf')
  writeFileSync(request, requestFor(hosts))
  const [certificate, key] = [`${files.certificate}.new`, `${files.key}.new`]
  // The file exists with these rights before openssl writes the key into it.
  writeFileSync(key, '', { mode: 0o600 })
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-sha256', '-nodes']
  await promisify(execFile)(openssl, [...args, '-days', String(days), '-config', request, '-keyout', key, '-out', certificate])
  renameSync(key, files.key)
  renameSync(certificate, files.certificate)
  rmSync(request)
  return files
}

const requestFor = (hosts: string[]): string => `[req]
distinguished_name = name
x509_extensions = extensions
prompt = no
[name]
CN = ${hosts[0]}
O = Caiquan development
[extensions]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = ${hosts.map((host) => `${isIP(host) ? 'IP' : 'DNS'}:${host}`).join(', ')}
`

function isGood({ certificate, key }: Certificate, hosts: string[]): boolean {
  if (!existsSync(certificate) || !existsSync(key)) return false
  try {
    const parsed = new X509Certificate(readFileSync(certificate))
    const covers = hosts.every((host) => (isIP(host) ? parsed.checkIP(host) : parsed.checkHost(host)))
    return covers && Date.parse(parsed.validTo) - Date.now() > RENEW_BEFORE_MS
  } catch {
    return false
  }
}

// `node nginx/certificate.ts FOLDER [HOST...]`
if (import.meta.main) {
  const [dir = '.', ...hosts] = process.argv.slice(2)
  const { certificate } = await ensureCertificate(dir, hosts.length > 0 ? { hosts } : {})
  process.stdout.write(`${certificate}\n`)
}
