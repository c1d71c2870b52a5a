/**
 * Lays out every stage of the Dockerfile with exactly the files that it is given, and runs its commands there, without a container engine.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { testDatabase, type TestDatabase } from '../support/database.ts'
import { buildStages, stageEnv, type Stage } from '../support/image.ts'
import { redisEnv, testRedis } from '../support/redis.ts'
import { tempDir } from '../support/temp.ts'

interface ComposeService {
  entrypoint?: string[]
  command?: string[]
  build?: { target: string }
  healthcheck?: { test: string[] }
}
const compose = parse(readFileSync(join(ROOT, 'compose.yaml'), 'utf8'), { merge: true }) as { services: Record<string, ComposeService> }

let folder: string
let stages: Map<string, Stage>
let database: TestDatabase
let redis: Awaited<ReturnType<typeof testRedis>>
const running: ChildProcess[] = []
const ports: number[] = []

beforeAll(async () => {
  folder = tempDir('images')
  ;[database, redis] = await Promise.all([testDatabase(), testRedis()])
  stages = buildStages(folder)
}, 240_000)
afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
afterAll(async () => {
  await database?.drop()
  await redis?.close()
  for (const port of ports) releasePort(port)
  rmSync(folder, { recursive: true, force: true })
})

const stageOf = (name: string): Stage => stages.get(name) ?? expect.unreachable(`no stage ${name}`)
const environment = (stage: Stage, env: Record<string, string>) => ({
  cwd: stage.workdir,
  env: { ...stageEnv(stage, join(folder, 'bin')), ...env },
})

/** Runs a command of an image to its end, as `docker run` does. */
const run = (stage: Stage, [program = '', ...args]: string[], env: Record<string, string> = {}) =>
  promisify(execFile)(program, args, environment(stage, env))

/** Starts a container that serves, and waits until its health check passes. */
async function serve(stage: Stage, command: string[], healthcheck: string[], env: Record<string, string>): Promise<void> {
  const [program = '', ...args] = command
  const child = spawn(program, args, { ...environment(stage, env), stdio: ['ignore', 'pipe', 'pipe'] })
  running.push(child)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  for (let tries = 0; ; tries += 1) {
    try {
      await run(stage, healthcheck, env)
      return
    } catch (error) {
      if (tries === 60 || child.exitCode !== null) throw new Error(`${command.join(' ')} is not healthy:\n${output}`, { cause: error })
      await new Promise((resolve) => setTimeout(resolve, 250))
    }
  }
}

async function freePort(): Promise<string> {
  const port = await takePort()
  ports.push(port)
  return String(port)
}

test('every stage builds from the files that it is given', () => {
  expect([...stages.keys()]).toEqual(
    expect.arrayContaining(['packages', 'dependencies', 'tools', 'client', 'site', 'runtime', 'development', 'production']),
  )
  const site = stageOf('site')
  expect(existsSync(join(site.workdir, 'preview/dist/index.html'))).toBe(true)
  for (const target of ['runtime', 'production']) {
    expect(existsSync(join(stageOf(target).workdir, 'node_modules/typescript')), 'no tools in the deployed image').toBe(false)
    expect(existsSync(join(stageOf(target).workdir, 'test'))).toBe(false)
  }
})

test.each(['runtime', 'production', 'development'])(
  'the image %s migrates, serves and records',
  async (name) => {
    const stage = stageOf(name)
    const env = {
      NODE_ENV: 'development',
      ...redisEnv(redis.url),
      DATABASE_URL: database.url,
      HOST: '127.0.0.1',
      WECHAT_API_URL: 'http://127.0.0.1:9',
      WECHAT_APPID: 'wx',
      WECHAT_SECRET: 'x',
      DRAIN_MS: '0',
    }
    await expect(run(stage, [...stage.entrypoint, 'migrate'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining('DATABASE_URL is not set'),
    })
    expect((await run(stage, [...stage.entrypoint, 'migrate'], env)).stdout).toMatch(/Applied|Nothing to migrate/)
    expect(stage.healthcheck.length).toBeGreaterThan(0)
    await serve(stage, [...stage.entrypoint, ...stage.command], stage.healthcheck, { ...env, PORT: await freePort() })
    await serve(stage, [...stage.entrypoint, 'recorder'], stage.healthcheck, { ...env, PORT: await freePort() })
    expect(stage.installed).toContain('tini')
    expect(stage.labels).toMatchObject({
      'org.opencontainers.image.title': 'caiquan',
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': 'unknown',
      'org.opencontainers.image.revision': 'unknown',
    })
    expect((await run(stage, ['node', 'prisma/archive.ts', '--help'])).stdout).toContain('--keep-days')
    // The library is only loaded for the first picture.
    expect(
      (
        await run(stage, [
          'node',
          '-e',
          "require('sharp')({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).jpeg().toBuffer()" +
            '.then((made) => console.log(made.length > 100))',
        ])
      ).stdout,
    ).toBe('true\n')
  },
  120_000,
)

test('the image for development has all files that compose.yaml runs in it', async () => {
  const stage = stageOf('development')
  const ours = Object.entries(compose.services).filter(([, { build }]) => build)
  for (const [, { build }] of ours) expect(build?.target).toBe('development')
  expect(ours.map(([name]) => name).sort()).toEqual(['migrate', 'prepare', 'server', 'wechat'])
  // The paths of nginx are volumes; openssl makes its certificate. The user who runs the tests may not give files to another user.
  const { entrypoint: prepare = [] } = compose.services['prepare'] ?? {}
  const [tls, site] = [join(folder, 'tls'), join(folder, 'site')]
  for (const path of [tls, site]) mkdirSync(path)
  await run(
    stage,
    prepare.map((word) =>
      word
        .replaceAll(' /tls', ` ${tls}`)
        .replace(' /site/', ` ${site}/`)
        .replace('chown 0:101', `chown ${process.getuid?.()}:${process.getgid?.()}`),
    ),
  )
  expect(existsSync(join(tls, 'cert.pem'))).toBe(true)
  expect(existsSync(join(site, 'index.html'))).toBe(true)
  expect(stage.installed).toContain('openssl')

  const { entrypoint: wechat = [], healthcheck } = compose.services['wechat'] ?? {}
  const port = await freePort()
  const onPort = (text: string): string => text.replace('8090', port)
  await serve(stage, wechat.map(onPort), (healthcheck?.test.slice(1) ?? []).map(onPort), { WECHAT_SECRET: 'caiquan-stand-in' })
}, 120_000)
