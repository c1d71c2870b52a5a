import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ensureCertificate } from '../../nginx/certificate.ts'
import { renderNginxConfig, type NginxConfig } from '../../tools/services/nginx-config.ts'
import { findProgram } from '../../tools/services/programs.ts'

let dir: string
beforeEach(() => {
  // nginx must work with every name that a home folder may have.
  dir = mkdtempSync(join(tmpdir(), 'caiquan nginx-'))
  mkdirSync(join(dir, 'tmp'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function configOf(change: Partial<NginxConfig> = {}): Promise<NginxConfig> {
  return {
    dir,
    ...(await ensureCertificate(join(dir, 'tls'))),
    host: '127.0.0.1',
    port: 18443,
    httpPort: 18080,
    nodes: [1, 2, 3].map((n) => ({ name: `node-${n}`, port: 3000 + n })),
    handshakesPerSecond: 200,
    handshakeBurst: 2000,
    ...change,
  }
}

test.each([1, 3, 32])('nginx accepts the configuration for %i nodes', async (count) => {
  const nodes = Array.from({ length: count }, (_, n) => ({ name: `node-${n}`, port: 3000 + n }))
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, renderNginxConfig(await configOf({ nodes })))
  execFileSync(findProgram('nginx'), ['-t', '-q', '-p', dir, '-c', file, '-e', join(dir, 'error.log')], { stdio: 'pipe' })
})

test('every word of the template is filled in', async () => {
  expect(renderNginxConfig(await configOf())).not.toMatch(/\{\{\w/)
})

test('a redirect names the port unless it is the usual one', async () => {
  expect(renderNginxConfig(await configOf())).toContain('return 308 https://$host:18443$request_uri;')
  expect(renderNginxConfig(await configOf({ port: 443 }))).toContain('return 308 https://$host$request_uri;')
})

test("a node's clients go to the others only when it is dead", async () => {
  const text = renderNginxConfig(await configOf())
  const block = /upstream sticky_node-2 \{([^}]*)\}/.exec(text)?.[1] ?? ''
  expect(block.match(/server .*;/g)?.map((line) => line.replace(' max_fails=0', ''))).toEqual([
    'server 127.0.0.1:3001 backup;',
    'server 127.0.0.1:3002;',
    'server 127.0.0.1:3003 backup;',
  ])
})

test('a name that could break out of the configuration is refused', async () => {
  const config = await configOf({ nodes: [{ name: 'x; evil', port: 1 }] })
  expect(() => renderNginxConfig(config)).toThrow(/must not be called "x; evil"/)
})

test('there is a cluster page only if a server of it is configured', async () => {
  const site = join(dir, 'site')
  expect(renderNginxConfig(await configOf({ site }))).not.toMatch(/location [^\n]*\/cluster/)
  const text = renderNginxConfig(await configOf({ site, pagePort: 4711 }))
  expect(text).toContain('location = /cluster {')
  expect(text).toContain('proxy_pass http://127.0.0.1:4711;')
  const file = join(dir, 'nginx.conf')
  writeFileSync(file, text)
  execFileSync(findProgram('nginx'), ['-t', '-q', '-p', dir, '-c', file, '-e', join(dir, 'error.log')], { stdio: 'pipe' })
})
