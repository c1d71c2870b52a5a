import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Certificates {
  /** Paths of PEM files. */
  ca: string
  cert: string
  key: string
}

/** An authority, and a certificate that it issued for 127.0.0.1, also for servers that connect to each other. */
export function makeCertificates(dir: string): Certificates {
  const at = (name: string): string => join(dir, name)
  const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=Caiquan test authority', '-keyout', at('ca-key.pem'), '-out', at('ca.pem'))
  writeFileSync(at('leaf.conf'), 'subjectAltName = IP:127.0.0.1\nextendedKeyUsage = serverAuth, clientAuth\nbasicConstraints = CA:FALSE\n')
  openssl('req', ...key, '-subj', '/CN=127.0.0.1', '-keyout', at('key.pem'), '-out', at('request.pem'))
  openssl(
    'x509',
    '-req',
    '-in',
    at('request.pem'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca-key.pem'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('leaf.conf'),
    '-out',
    at('cert.pem'),
  )
  return { ca: at('ca.pem'), cert: at('cert.pem'), key: at('key.pem') }
}
