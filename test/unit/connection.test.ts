import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connectionOptions } from '../../prisma/connection.ts'

const at = (query: string) => connectionOptions(`mysql://us%40er:p%2Fw@db.example.com:3307/caiquan${query}`)

test('every part of an address is read and decoded', () => {
  expect(at('')).toMatchObject({ host: 'db.example.com', port: 3307, user: 'us@er', password: 'p/w', database: 'caiquan' })
  expect(connectionOptions('mysql://root@localhost')).not.toHaveProperty('database')
})

test('TLS is enabled by the parameters that Prisma has for it, and verifies unless told not to', () => {
  expect(at('')).not.toHaveProperty('ssl')
  const strict = { rejectUnauthorized: true, servername: 'db.example.com', checkServerIdentity: expect.any(Function) }
  expect(at('?sslaccept=strict').ssl).toEqual(strict)
  expect(connectionOptions('mysql://root@127.0.0.1?sslaccept=strict').ssl).not.toHaveProperty('servername')
  expect(at('?sslaccept=accept_invalid_certs').ssl).toEqual({ rejectUnauthorized: false })
  const dir = mkdtempSync(join(tmpdir(), 'caiquan-authority-'))
  const file = join(dir, 'ca.pem')
  writeFileSync(file, 'an authority')
  try {
    // An authority in the address is enough for verification.
    for (const query of [`?sslcert=${file}`, `?sslaccept=strict&sslcert=${file}`])
      expect(at(query).ssl).toEqual({ ...strict, ca: 'an authority' })
  } finally {
    rmSync(dir, { recursive: true })
  }
  expect(() => at('?sslcert=/nowhere/ca.pem')).toThrow(/ENOENT/)
})
