import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureCertificate } from '../../nginx/certificate.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-certificate-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const daysLeft = (file: string): number => (Date.parse(new X509Certificate(readFileSync(file)).validTo) - Date.now()) / 86_400_000

test('the certificate is ECDSA P-256, for localhost and 127.0.0.1, for 825 days', async () => {
  const { certificate, key } = await ensureCertificate(dir)
  const parsed = new X509Certificate(readFileSync(certificate))
  expect(parsed.publicKey.asymmetricKeyDetails).toMatchObject({ namedCurve: 'prime256v1' })
  expect(parsed.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1')
  expect(daysLeft(certificate)).toBeGreaterThan(824)
  expect(daysLeft(certificate)).toBeLessThanOrEqual(825)
  expect(statSync(key).mode & 0o777).toBe(0o600)
})

test('a client that is given it trusts a server that uses it', async () => {
  const files = await ensureCertificate(dir)
  const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)]
  const server = createServer({ cert, key }, (_, response) => response.end('ok'))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const get = (ca: Buffer | undefined) =>
    new Promise<number | undefined>((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, ca, agent: false }, (response) => resolve(response.resume().statusCode))
      call.once('error', reject)
      call.end()
    })
  expect(await get(cert)).toBe(200)
  await expect(get(undefined)).rejects.toThrow(/self-signed/)
  server.close()
})

test('a valid certificate is kept, one that ends within a week is renewed', async () => {
  const { certificate } = await ensureCertificate(dir, { days: 8 })
  const first = readFileSync(certificate, 'utf8')
  await ensureCertificate(dir)
  expect(readFileSync(certificate, 'utf8')).toBe(first)

  rmSync(certificate)
  await ensureCertificate(dir, { days: 6 })
  await ensureCertificate(dir)
  expect(daysLeft(certificate)).toBeGreaterThan(800)
})

test('a certificate that is broken or for other hosts is replaced', async () => {
  const { certificate } = await ensureCertificate(dir)
  writeFileSync(certificate, 'nonsense')
  await ensureCertificate(dir)
  expect(daysLeft(certificate)).toBeGreaterThan(800)

  await ensureCertificate(dir, { hosts: ['localhost', 'game.example'] })
  expect(new X509Certificate(readFileSync(certificate)).checkHost('game.example')).toBe('game.example')
})
