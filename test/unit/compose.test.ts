import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../tools/services/node.ts'
import { readConfig, schema } from '../../server/src/config.ts'
import { withVariables } from '../support/images.ts'
import { render, workloads } from '../support/manifests.ts'
import { substitute, TEMPLATE } from '../support/production-nginx.ts'

interface ComposeService {
  image: string
  command?: string[]
  environment?: Record<string, string>
  volumes?: string[]
  ports?: string[]
  scale?: number
  depends_on?: Record<string, { condition: string }>
  read_only?: boolean
  entrypoint?: string[]
  cap_add?: string[]
}
const file = parse(withVariables(readFileSync(join(ROOT, 'compose.yaml'), 'utf8')), { merge: true }) as {
  services: Record<string, ComposeService>
  volumes: Record<string, unknown>
}
const service = (name: string): ComposeService => file.services[name] ?? expect.unreachable(`no ${name}`)

test('the servers have a whole configuration, for development', () => {
  const { environment = {}, scale, read_only: readOnly } = service('server')
  expect(Object.keys(environment).filter((name) => !(name in schema.shape))).toEqual([])
  const config = readConfig(environment)
  expect(config).toMatchObject({ NODE_ENV: 'development', RECORDER: true, PORT: 3000 })
  expect(new URL(config.WECHAT_API_URL).hostname).toBe('wechat')
  expect(scale).toBe(3)
  expect(readOnly).toBe(true)
  expect(service('migrate').environment?.['DATABASE_URL']).toBe(config.DATABASE_URL)
})

test('nginx has all that its template asks for, and every file that it mounts exists', () => {
  const { environment = {}, volumes = [], ports = [] } = service('nginx')
  const text = substitute(TEMPLATE, { ...environment, NGINX_LOCAL_RESOLVERS: '127.0.0.11' })
  for (const mapping of ports) expect(text).toContain(`listen ${mapping.split(':').at(-1)}`)
  for (const volume of volumes) {
    const [source = ''] = volume.split(':')
    if (source.startsWith('.')) expect(existsSync(join(ROOT, source)), source).toBe(true)
    else expect(Object.keys(file.volumes)).toContain(source)
  }
  expect(environment['NGINX_STRICT_TRANSPORT_SECURITY']).toBe('')
})

test('the workers of nginx may read the key, and read it again when it has changed', () => {
  expect(service('prepare').entrypoint?.join(' ')).toMatch(
    /certificate\.ts \/tls .*&& chown 0:101 \/tls\/key\.pem && chmod 640 \/tls\/key\.pem/,
  )
  expect(service('prepare').cap_add).toEqual(['CHOWN'])
})

test('Redis keeps the data that it is given', () => {
  const command = service('redis').command?.join(' ')
  expect(command).toContain('--appendonly yes')
  expect(command).toContain('--maxmemory-policy noeviction')
})

test('it runs the same versions as Kubernetes', () => {
  const images = new Set(workloads(render('local')).flatMap(({ containers }) => containers.map(({ image }) => image)))
  expect(new Set(Object.values(file.services).map(({ image }) => image))).toEqual(images)
})

test('every service that another one waits for exists', () => {
  for (const [name, { depends_on: wanted = {} }] of Object.entries(file.services))
    for (const other of Object.keys(wanted)) expect(file.services, name).toHaveProperty(other)
  expect(service('server').depends_on?.['migrate']).toEqual({ condition: 'service_completed_successfully' })
})
