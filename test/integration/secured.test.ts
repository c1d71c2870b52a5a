/** Redis and MySQL as in production: TLS, passwords, and the least rights that each role needs. */
import { Redis } from 'ioredis'
import { createConnection } from 'mariadb'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts'
import { statusOf } from '../../tools/services/http.ts'
import { startMariaDb, type MariaDb } from '../../tools/services/mariadb.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { Service } from '../../tools/services/process.ts'
import { startRedisCluster } from '../../tools/services/redis-cluster.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { createDatabase } from '../../server/src/database.ts'
import { rebuild } from '../../server/src/recorder/rebuild.ts'
import { connectRedis, whenReady } from '../../server/src/redis/connect.ts'
import { expectRecorded, expectTallies, recorded } from '../support/records.ts'
import { makeCertificates, type Certificates } from '../support/certificates.ts'
import { http } from '../support/http.ts'
import { ownOf, SAFETY_ENV } from '../support/content-safety.ts'
import { login, pair, TestPlayer } from '../support/player.ts'

const USERS = ['operator', 'replica', 'metrics', 'server', 'recorder'] as const
type User = (typeof USERS)[number]
/** Characters that an address has to escape. */
const passwordOf = (user: User): string => `${user}:p@ss/word`

let dir: string
let tls: Certificates
let mariadb: MariaDb
const ports: number[] = []
const port = async (): Promise<number> => {
  const free = await takePort()
  ports.push(free)
  return free
}

beforeAll(async () => {
  dir = mkdtempSync(join(inject('testDir'), 'secured-'))
  tls = makeCertificates(dir)
  mariadb = await startMariaDb({ dir: join(dir, 'mariadb'), port: await port(), durable: false, tls })
  const root = await createConnection(connectionOptions(mariadb.rootUrl))
  await root.query("ALTER USER 'caiquan'@'127.0.0.1' REQUIRE SSL")
  await root.end()
})
afterAll(async () => {
  await mariadb?.service.stop()
  for (const each of ports) releasePort(each)
  rmSync(dir, { recursive: true, force: true })
})

test('MySQL lets no client in without TLS, and a node trusts no other authority', async () => {
  const attempt = async (query: string): Promise<unknown> => {
    const connection = await createConnection(connectionOptions(mariadb.url.replace(/\?.*/, query)))
    const rows: unknown = await connection.query("SHOW STATUS LIKE 'Ssl_cipher'")
    await connection.end()
    return rows
  }
  await expect(attempt('')).rejects.toThrow(/insecure transport|Access denied/i)
  await expect(attempt('?sslaccept=strict')).rejects.toThrow(/certificate/i)
  expect(await attempt(`?sslaccept=strict&sslcert=${tls.ca}`)).toEqual([
    { Variable_name: 'Ssl_cipher', Value: expect.stringMatching(/\w/) },
  ])
})

describe.each(['one Redis', 'a Redis Cluster'])('%s with TLS and passwords', (kind) => {
  const inCluster = kind !== 'one Redis'
  let hosts: string
  let close: () => Promise<void>
  let cluster: Cluster
  let recorder: Service
  const urlOf = (user: User, password = passwordOf(user)): string => `rediss://${user}:${encodeURIComponent(password)}@${hosts}`
  const env = {
    ...SAFETY_ENV,
    WECHAT_WAITING_TEMPLATE: 'template-1',
    REDIS_CLUSTER: inCluster ? 'on' : 'off',
    REDIS_CA: '',
    RECORDER: 'off',
    DRAIN_MS: '200',
  }
  const as = (user: User) =>
    connectRedis({ REDIS_URL: urlOf(user), REDIS_CLUSTER: inCluster, REDIS_CA: tls.ca, REDIS_TIMEOUT_MS: 5000 }, 'test')

  beforeAll(async () => {
    const home = join(dir, inCluster ? 'cluster' : 'one')
    mkdirSync(home)
    const template = readFileSync(join(ROOT, 'ops/redis/users.acl.template'), 'utf8')
    const aclfile = join(home, 'users.acl')
    writeFileSync(
      aclfile,
      USERS.reduce(
        (text, user) => text.replace(`\${${user.toUpperCase()}_SHA256}`, createHash('sha256').update(passwordOf(user)).digest('hex')),
        template,
      ),
    )
    if (inCluster) {
      const made = await startRedisCluster({
        dir: home,
        tls,
        settings: { aclfile },
        client: { username: 'operator', password: passwordOf('operator') },
      })
      hosts = new URL(made.url.replaceAll(/,.*/g, '')).host
      close = made.close
    } else {
      const made = await startRedis({ dir: home, port: await port(), tls, settings: { aclfile } })
      hosts = new URL(made.url).host
      close = async () => void (await made.stop())
    }
    env.REDIS_CA = tls.ca
    cluster = await startCluster({
      dataDir: join(home, 'nodes'),
      nodes: 2,
      nginx: false,
      database: { url: mariadb.url, pid: mariadb.service.pid },
      redis: { url: urlOf('server'), pid: 0 },
      env,
    })
    const own = await port()
    recorder = new Service({
      name: 'recorder',
      url: `http://127.0.0.1:${own}`,
      command: nodeBinary(),
      args: [join(ROOT, 'server/main.ts'), 'recorder'],
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: String(own),
        NODE_NAME: 'recorder',
        DATABASE_URL: mariadb.url,
        ...env,
        REDIS_URL: urlOf('recorder'),
      },
      logFile: join(home, 'recorder.log'),
      isReady: async () => (await statusOf(`http://127.0.0.1:${own}/readyz`)) === 200,
      readyMs: 30_000,
      stopSignal: 'SIGTERM',
      stopMs: 10_000,
    })
    await recorder.start()
  })
  afterAll(async () => {
    await recorder?.stop()
    await cluster?.close()
    await close?.()
  })

  test('a whole match is played, recorded and ranked', async () => {
    const [first, second] = cluster.nodes
    const one = await TestPlayer.join(inCluster ? 'cluster-one' : 'single-one', first?.url ?? '')
    const two = await TestPlayer.join(inCluster ? 'cluster-two' : 'single-two', second?.url ?? '')
    // The event about the checked nickname comes first.
    const update = new Promise((resolve) => two.socket.on('player', (player) => void (player.wins > 0 && resolve(player))))
    const id = await pair(one, two, 3, 'ranked')
    await Promise.all([one.play(id, () => 'rock'), two.play(id, () => 'paper')])
    expectRecorded(await recorded(cluster.info.mysql.url, [id]), id, [one, two])
    await expectTallies(cluster.info.mysql.url)
    expect(await update).toMatchObject({ id: two.player.id, wins: 1 })
    const redis = as('server')
    await whenReady(redis)
    expect(await redis.zrevrange('cq:rank:all', 0, 0)).toEqual([two.player.id])
    await redis.quit()
    for (const player of [one, two]) player.close()
  })

  test('a recorder may rebuild the leaderboards', async () => {
    const redis = as('recorder')
    const database = createDatabase({ DATABASE_URL: mariadb.url, DATABASE_CONNECTIONS: 2 })
    await whenReady(redis)
    expect((await rebuild({ redis, database })).get('all')).toBeGreaterThanOrEqual(2)
    await Promise.all([redis.quit(), database.$disconnect()])
  })

  test('a nickname is checked, a consent is kept, and an account is deleted', async () => {
    const url = cluster.nodes[0]?.url ?? ''
    const { sessionId } = await login(url, inCluster ? 'cluster-three' : 'single-three')
    const headers = { sessionid: sessionId }
    await expect.poll(async () => (await ownOf(url, sessionId)).review, { timeout: 15_000 }).toBeUndefined()
    expect((await http(`${url}/api/me/consent`, { method: 'PUT', headers })).status).toBe(204)
    expect((await http(`${url}/api/me`, { method: 'DELETE', headers })).status).toBe(204)
    expect((await http(`${url}/api/session`, { headers })).status).toBe(401)
    expect(readFileSync(cluster.nodes[0]?.logFile ?? '', 'utf8')).not.toContain('the remaining steps of a deletion are done later')
  })

  test('no user was refused anything that it needed', async () => {
    const redis = as('operator')
    await whenReady(redis)
    const primaries = 'nodes' in redis ? redis.nodes('master') : [redis]
    for (const primary of primaries) expect(await primary.acl('LOG')).toEqual([])
    await redis.quit()
    for (const { logFile } of [...cluster.nodes, recorder]) expect(readFileSync(logFile, 'utf8')).not.toMatch(/NOPERM|NOAUTH|p@ss|p%40ss/)
  })

  const REFUSED: [User, string[][]][] = [
    [
      'server',
      [
        ['FLUSHALL'],
        ['CONFIG', 'SET', 'maxmemory', '1'],
        ['CONFIG', 'GET', '*'],
        ['KEYS', '*'],
        ['ACL', 'LIST'],
        ['SHUTDOWN'],
        ['SCRIPT', 'FLUSH'],
        ['MONITOR'],
        ['CLIENT', 'LIST'],
        ['GET', 'other'],
        ['GET', 'cq:{1}:lease'],
        ['ZADD', 'cq:rank:all', '1', 'me'],
        ['DEL', 'cq:rank:all'],
        ['XTRIM', 'cq:{1}:outbox', 'MAXLEN', '0'],
        ['SPUBLISH', 'other', 'hello'],
      ],
    ],
    [
      'recorder',
      [
        ['FLUSHALL'],
        ['CONFIG', 'GET', '*'],
        ['KEYS', '*'],
        ['HGET', 'cq:session:1', 'playerId'],
        ['GET', 'cq:room:ABCDEF'],
        ['SET', 'cq:session:1', 'x'],
        ['EVAL', "return redis.call('GET', KEYS[1])", '1', 'cq:{1}:match:1-a'],
        ['SPUBLISH', 'other', 'hello'],
      ],
    ],
    ['metrics', [['FLUSHALL'], ['CONFIG', 'GET', '*'], ['KEYS', '*'], ['GET', 'cq:player:1'], ['SPUBLISH', 'socket.io#/#', 'hello']]],
  ]
  test.each(REFUSED)('%s may do no more than that', async (user, commands) => {
    const [host = '', at] = hosts.split(':')
    const redis = new Redis({
      host,
      port: Number(at),
      username: user,
      password: passwordOf(user),
      tls: { ca: readFileSync(tls.ca, 'utf8') },
    })
    for (const [name = '', ...args] of commands)
      await expect(redis.call(name, ...args), [name, ...args].join(' ')).rejects.toThrow(/NOPERM|No permissions/)
    expect(await redis.ping()).toBe('PONG')
    await redis.quit()
  })

  test('a wrong password, no user, and an unknown authority are refused', async () => {
    const wrong: [string, string | undefined][] = [
      [urlOf('server', 'guess'), tls.ca],
      [`rediss://${hosts}`, tls.ca],
      [urlOf('server'), undefined],
      [urlOf('server').replace('rediss', 'redis'), undefined],
    ]
    for (const [url, ca] of wrong) {
      const redis = connectRedis({ REDIS_URL: url, REDIS_CLUSTER: inCluster, REDIS_CA: ca, REDIS_TIMEOUT_MS: 1000 }, 'test')
      redis.on('error', () => undefined)
      await expect(
        whenReady(redis).then(() => redis.get('cq:player:1')),
        url,
      ).rejects.toThrow(/WRONGPASS|NOAUTH|NOPERM|certificate|self-signed|closed|refused|ECONNRESET|timed out/i)
      redis.disconnect()
    }
  })
})
