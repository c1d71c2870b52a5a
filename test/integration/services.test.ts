import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'
import { createConnection } from 'mariadb'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { commandLine } from '../../tools/services/alive.ts'
import { boundToParent } from '../../tools/services/bound.ts'
import { createClock, NoClockError } from '../../tools/services/clock.ts'
import { startMariaDb } from '../../tools/services/mariadb.ts'
import { takePort } from '../../tools/services/ports.ts'
import { Service, startService, type ServiceSpec } from '../../tools/services/process.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { tempDir } from '../support/temp.ts'

const services: Service[] = []
const adopt = <T extends Service>(service: T): T => {
  services.push(service)
  return service
}
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.kill()))
})

/** A service of this test: a shell script that reports that it is ready by writing a file. */
function scriptSpec(script: string, change: Partial<ServiceSpec> = {}): ServiceSpec {
  const dir = tempDir('service')
  const ready = join(dir, 'ready')
  return {
    name: 'script',
    url: 'none',
    command: '/bin/sh',
    args: ['-c', script],
    cwd: dir,
    logFile: join(dir, 'log'),
    isReady: async () => existsSync(ready),
    readyMs: 5000,
    stopSignal: 'SIGTERM',
    stopMs: 500,
    ...change,
  }
}

describe('a service', () => {
  test('that ends while starting fails with the end of its log, and only of this run', async () => {
    const spec = scriptSpec('echo the port is taken; exit 3')
    writeFileSync(spec.logFile, 'an older run\n')
    const failure = startService(spec)
    await expect(failure).rejects.toThrow(/^script ended while starting \(code 3\)\. The end of .*log:\n {2}the port is taken$/)
  })

  test('that is not ready in time is killed', async () => {
    const service = new Service(scriptSpec('echo $$; sleep 60', { readyMs: 200 }))
    await expect(service.start()).rejects.toThrow('script was not ready within 0.2 s')
    expect(service.running).toBe(false)
  })

  test('whose program is missing says so', async () => {
    await expect(startService(scriptSpec('', { command: '/nowhere/program' }))).rejects.toThrow(/ended while starting \(code 127\)/)
  })

  test('is not taken for ready because another process replies in its place', async () => {
    await expect(
      startService(
        scriptSpec('exit 1', {
          isReady: async () => {
            await new Promise((r) => setTimeout(r, 200))
            return true
          },
        }),
      ),
    ).rejects.toThrow('ended while starting')
  })

  test('that ignores its stop signal is killed, with all processes that it has started', async () => {
    const service = adopt(await startService(scriptSpec("trap '' TERM; sleep 60 & echo $! > child; touch ready; wait; sleep 60")))
    const child = Number(readFileSync(join(service.logFile, '../child'), 'utf8'))
    // A shell that has forked may not run its program yet.
    await vi.waitFor(() => expect(commandLine(child)).toBe('sleep 60'))
    expect(await service.stop()).toEqual({ code: null, signal: 'SIGKILL' })
    await vi.waitFor(() => expect(commandLine(child)).toBe(''))
  })

  test('can be stopped while it is paused', async () => {
    const service = adopt(await startService(scriptSpec("trap 'exit 7' TERM; touch ready; while :; do sleep 0.05; done", { stopMs: 5000 })))
    service.pause()
    expect(await service.stop()).toEqual({ code: 7, signal: null })
  })

  test('knows whether it should be running', async () => {
    const service = adopt(await startService(scriptSpec('touch ready; sleep 60')))
    await service.kill()
    expect([service.wanted, service.running]).toEqual([true, false])
    await service.start()
    await service.stop()
    expect([service.wanted, service.running]).toEqual([false, false])
  })
})

test('services die with their parent, also when that is killed', async () => {
  const [dir, port] = [tempDir('orphan'), await takePort()]
  const file = join(import.meta.dirname, '../../tools/services/redis.ts')
  const script = `import { startRedis } from ${JSON.stringify(file)}
    const redis = await startRedis(${JSON.stringify({ dir, port })})
    console.log(redis.pid)
    setInterval(() => {}, 1000)`
  const [command, args] = boundToParent(process.execPath, ['--input-type=module', '--eval', script])
  const parent = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  expect(commandLine(Number(line))).toContain('redis-server')
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(commandLine(Number(line))).toBe(''), 5000)
})

describe('Redis', () => {
  const open = (service: Service): Redis => new Redis(service.url, { retryStrategy: null, lazyConnect: true })

  test('keeps its data over a stop and over a crash', async () => {
    const service = adopt(await startRedis({ dir: tempDir('redis'), port: await takePort() }))
    for (const [key, end] of [
      ['stop', () => service.stop()],
      ['crash', () => service.kill()],
    ] as const) {
      const before = open(service)
      await before.set(key, 'kept')
      before.disconnect()
      await end()
      await service.restart()
      const after = open(service)
      expect(await after.get(key)).toBe('kept')
      after.disconnect()
    }
  })

  test('has the settings that the guarantees need', async () => {
    const redis = open(adopt(await startRedis({ dir: tempDir('redis'), port: await takePort() })))
    const settings = await redis.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'bind', 'protected-mode')
    const table = Array.isArray(settings) ? Object.fromEntries(settings.map((value, i) => [value, settings[i + 1]])) : settings
    expect(table).toMatchObject({
      'maxmemory-policy': 'noeviction',
      appendonly: 'yes',
      appendfsync: 'everysec',
      bind: '127.0.0.1',
      'protected-mode': 'yes',
    })
    redis.disconnect()
  })

  test('replies to nothing while it is paused, and continues', async () => {
    const service = adopt(await startRedis({ dir: tempDir('redis'), port: await takePort() }))
    const redis = open(service)
    await redis.ping()
    service.pause()
    let answered = false
    const ping = redis.ping().then(() => (answered = true))
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(answered).toBe(false)
    service.resume()
    await ping
    redis.disconnect()
  })

  test('has a clock that can be set while it runs, and that stays set over a restart; without a compiler it has none', async () => {
    const clock = createClock(tempDir('clock'))
    const service = adopt(await startRedis({ dir: tempDir('redis'), port: await takePort(), env: clock.env }))
    const offset = async (): Promise<number> => {
      const redis = open(service)
      const [seconds = 0, micros = 0] = await redis.time()
      redis.disconnect()
      // Slightly behind is -0 to Math.round, which is not 0 to toBe.
      return Math.round((seconds * 1000 + micros / 1000 - Date.now()) / 1000) || 0
    }
    expect(await offset()).toBe(0)
    for (const seconds of [-40, 25]) {
      clock.set(seconds * 1000)
      expect(await offset()).toBe(seconds)
    }
    await service.restart()
    expect(await offset()).toBe(25)
    clock.set(0)
    expect(await offset()).toBe(0)
    clock.close()
    vi.stubEnv('CC', '/nowhere/cc')
    expect(() => createClock(tempDir('clock'))).toThrow(NoClockError)
    vi.unstubAllEnvs()
  })
})

describe('MariaDB', () => {
  test('keeps data and password over a crash, and lets no client in without it', async () => {
    // The path is too long for a Unix socket, so the socket must lie elsewhere.
    const dir = join(tempDir('mariadb'), 'x'.repeat(90))
    const options = { dir, port: await takePort() }
    const first = await startMariaDb(options)
    adopt(first.service)
    const connection = await createConnection({ ...connectionOptions(first.url), multipleStatements: true })
    await connection.query("CREATE TABLE t (name VARCHAR(20)) ; INSERT INTO t VALUES ('猜拳')")
    connection.destroy()
    await first.service.kill()

    const second = await startMariaDb(options)
    adopt(second.service)
    expect(second.url).toBe(first.url)
    const again = await createConnection(connectionOptions(second.url))
    expect(await again.query('SELECT name FROM t')).toEqual([{ name: '猜拳' }])
    await again.end()

    const root = await createConnection(connectionOptions(second.rootUrl))
    expect(
      await root.query(
        "SELECT DISTINCT User, Host FROM mysql.user WHERE User NOT LIKE 'mariadb.%' AND User NOT LIKE 'mysql.%' ORDER BY User",
      ),
    ).toEqual([
      { User: 'caiquan', Host: '127.0.0.1' },
      { User: 'root', Host: '127.0.0.1' },
    ])
    await root.end()
    const bare = { ...connectionOptions(second.rootUrl), password: '' }
    await expect(createConnection(bare)).rejects.toThrow(/Access denied/)
    await second.service.stop()
  })

  test('listens on 127.0.0.1 only', async () => {
    const { service } = await startMariaDb({ dir: tempDir('mariadb'), port: await takePort(), durable: false })
    adopt(service)
    const socket = connect({ host: '127.0.0.2', port: Number(new URL(service.url).port) })
    const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('ECONNREFUSED')
  })
})
