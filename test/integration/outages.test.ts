/** Every known refusal of Redis and MySQL, produced on a real server, as the clients of this project report it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Connection } from 'mariadb'
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest'
import { startMariaDb, type MariaDb } from '../../tools/services/mariadb.ts'
import { mysqldPath } from '../../tools/services/mysqld.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import type { Service } from '../../tools/services/process.ts'
import { startRedisCluster } from '../../tools/services/redis-cluster.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { openConnection } from '../../prisma/connection.ts'
import { migrate } from '../../prisma/migrate.ts'
import { createDatabase, type Database } from '../../server/src/database.ts'
import { asCatalogueError } from '../../server/src/errors.ts'
import { MYSQL_ERRORS, outageOf, REDIS_CODES, type Outage } from '../../server/src/outages.ts'
import { connectRedis, whenReady, type RedisClient } from '../../server/src/redis/connect.ts'

/** How a failing call is classified; every caller gets the same. */
async function outcome(run: () => Promise<unknown>): Promise<Outage | null | 'worked'> {
  try {
    await run()
    return 'worked'
  } catch (fault) {
    const outage = outageOf(fault)
    const { code, retryAfterMs } = asCatalogueError(fault)
    if (outage) {
      expect(code).toBe('unavailable')
      expect(retryAfterMs).toBeGreaterThanOrEqual(1000)
      expect(retryAfterMs).toBeLessThanOrEqual(2000)
    } else expect(code, String(fault)).toBe('internal')
    return outage
  }
}

const produced = new Set<string>()
const redisIs = (reason: string): Outage => ({ store: 'redis', reason })
const mysqlIs = (reason: string): Outage => ({ store: 'mysql', reason })

describe('Redis', () => {
  const services: Service[] = []
  const clients: (Redis | RedisClient)[] = []
  const dirs: string[] = []
  const ports: number[] = []

  async function start(
    settings: Record<string, string> = {},
  ): Promise<{ service: Service; port: number; dir: string; admin: Redis; client: RedisClient }> {
    const dir = mkdtempSync(join(inject('testDir'), 'redis-'))
    const port = await takePort()
    const service = await startRedis({ dir, port, settings: { appendonly: 'no', ...settings } })
    services.push(service)
    dirs.push(dir)
    ports.push(port)
    const admin = new Redis(port, '127.0.0.1', { maxRetriesPerRequest: 0 })
    const client = connectRedis({ REDIS_URL: service.url, REDIS_CLUSTER: false, REDIS_CA: undefined, REDIS_TIMEOUT_MS: 1000 }, 'test')
    for (const each of [admin, client]) each.on('error', () => undefined)
    clients.push(admin, client)
    await whenReady(client)
    return { service, port, dir, admin, client }
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect()
    await Promise.all(services.splice(0).map((service) => service.kill()))
    for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
    for (const port of ports.splice(0)) releasePort(port)
  })

  /** As a command, in a transaction and in a script. */
  async function writes(client: RedisClient): Promise<(Outage | null | 'worked')[]> {
    return [
      await outcome(() => client.set('x', '1')),
      await outcome(() => client.multi().set('x', '1').pexpire('x', 1000).exec()),
      await outcome(() => client.eval("return redis.call('SET', KEYS[1], '1')", 1, 'x')),
    ]
  }

  async function expectRefused(client: RedisClient, code: string): Promise<void> {
    produced.add(code)
    for (const each of await writes(client)) expect(each).toEqual(redisIs(REDIS_CODES[code] ?? ''))
  }

  test('OOM: its memory is full', async () => {
    const { admin, client } = await start()
    await admin.config('SET', 'maxmemory', '1')
    await expectRefused(client, 'OOM')
    await admin.config('SET', 'maxmemory', '0')
    expect(await writes(client)).toEqual(['worked', 'worked', 'worked'])
  })

  test('NOREPLICAS: too few replicas follow', async () => {
    const { admin, client } = await start()
    await admin.config('SET', 'min-replicas-to-write', '1')
    await expectRefused(client, 'NOREPLICAS')
  })

  test('MISCONF: it cannot save', async () => {
    const { admin, client, dir } = await start({ save: '900 1' })
    rmSync(dir, { recursive: true })
    await admin.set('y', '1')
    await admin.bgsave()
    await expect.poll(async () => /rdb_last_bgsave_status:(\w+)/.exec(await admin.info('persistence'))?.[1]).toBe('err')
    await expectRefused(client, 'MISCONF')
  })

  test('READONLY: it has become a replica', async () => {
    const { admin, client } = await start()
    await admin.replicaof('127.0.0.1', 1)
    await expectRefused(client, 'READONLY')
  })

  test('MASTERDOWN: a replica without its primary', async () => {
    const { admin, client } = await start({ 'replica-serve-stale-data': 'no' })
    await admin.replicaof('127.0.0.1', 1)
    produced.add('MASTERDOWN')
    expect(await outcome(() => client.get('x'))).toEqual(redisIs('replica without its primary'))
  })

  test('LOADING: it reads its data', async () => {
    const { admin, service, client, dir, port } = await start({ save: '900 1' })
    await admin.eval("for i = 1, 20000 do redis.call('SET', 'k' .. i, i) end", 0)
    await admin.shutdown('SAVE').catch(() => undefined)
    await service.kill()
    client.disconnect()
    const starting = startRedis({
      dir,
      port,
      settings: { appendonly: 'no', 'key-load-delay': '200', 'loading-process-events-interval-bytes': '1024' },
    })
    starting.then((again) => services.push(again)).catch(() => undefined)
    const unchecked = new Redis(port, '127.0.0.1', {
      enableReadyCheck: false,
      maxRetriesPerRequest: 0,
      retryStrategy: () => 50,
      disableClientInfo: true,
    })
    unchecked.on('error', () => undefined)
    clients.push(unchecked)
    produced.add('LOADING')
    await expect.poll(() => outcome(() => unchecked.get('k1')), { timeout: 10_000, interval: 50 }).toEqual(redisIs('loading'))
    await starting
    await expect.poll(() => outcome(() => unchecked.get('k1')), { timeout: 20_000 }).toBe('worked')
  })

  test('BUSY: a script does not end', async () => {
    const { admin, client } = await start({ 'busy-reply-threshold': '50' })
    const endless = admin.eval('while true do end', 0).catch(() => undefined)
    await sleep(200)
    await expectRefused(client, 'BUSY')
    const other = new Redis(admin.options.port ?? 0, '127.0.0.1', { enableReadyCheck: false, disableClientInfo: true })
    clients.push(other)
    await other.script('KILL')
    await endless
    expect(await outcome(() => client.get('x'))).toBe('worked')
  })

  test('CLUSTERDOWN: no node has the slot', async () => {
    const { admin } = await start({ 'cluster-enabled': 'yes' })
    produced.add('CLUSTERDOWN')
    expect(await outcome(() => admin.set('x', '1'))).toEqual(redisIs('cluster is down'))
  })

  test('TRYAGAIN: keys of one slot are on two primaries', async () => {
    const cluster = await startRedisCluster({ dir: mkdtempSync(join(inject('testDir'), 'redis-cluster-')) })
    const [one, two] = cluster.nodes.slice(0, 2).map(({ url }) => new Redis(url)) as [Redis, Redis]
    try {
      clients.push(one, two)
      // The slot of {a} is 15495; the test finds the node that has it.
      const nodes = cluster.nodes.map(({ url }) => new Redis(url))
      clients.push(...nodes)
      const ids = await Promise.all(nodes.map((node) => node.cluster('MYID')))
      const slot = await one.cluster('KEYSLOT', '{a}1')
      const owner = (await Promise.all(nodes.map(async (node) => (await node.set('{a}1', '1').catch(() => null)) === 'OK'))).indexOf(true)
      const other = ids[(owner + 1) % ids.length] ?? ''
      await nodes[owner]?.cluster('SETSLOT', slot, 'MIGRATING', other)
      produced.add('TRYAGAIN')
      expect(await outcome(async () => nodes[owner]?.mget('{a}1', '{a}2'))).toEqual(redisIs('moving slots'))
    } finally {
      for (const client of clients.splice(0)) client.disconnect()
      await cluster.close()
    }
  })

  test('it is dead, hangs, or lets no client in', async () => {
    const { service, client } = await start()
    service.signal('SIGSTOP')
    expect(await outcome(() => client.get('x'))).toEqual(redisIs('silent'))
    service.signal('SIGCONT')
    const underWay = outcome(() => client.blpop('nothing', 0))
    await service.kill()
    expect(await underWay).toEqual(redisIs('away'))
    expect(await outcome(() => client.set('x', '1'))).toEqual(redisIs('away'))
    expect(await outcome(() => whenReady(connectTo('redis://127.0.0.1:1')))).toEqual(redisIs('away'))
  })
  function connectTo(url: string): RedisClient {
    const client = connectRedis({ REDIS_URL: url, REDIS_CLUSTER: false, REDIS_CA: undefined, REDIS_TIMEOUT_MS: 1000 }, 'test')
    clients.push(client)
    return client
  }

  test('a mistake of this code is not an outage', async () => {
    const { client } = await start()
    await client.set('text', 'x')
    expect(await outcome(() => client.hget('text', 'x'))).toBeNull()
    expect(await outcome(() => client.eval('return nothing()', 0))).toBeNull()
    expect(await outcome(() => client.call('NOSUCH'))).toBeNull()
    expect(await outcome(() => client.eval("return redis.error_reply('MINE OOM READONLY')", 0))).toBeNull()
  })

  test('every code of the list was produced', () => {
    expect(Object.keys(REDIS_CODES).filter((code) => !produced.has(code))).toEqual([])
  })
})

describe('MySQL', () => {
  let mariadb: MariaDb
  let root: Connection
  let database: Database
  let direct: Connection
  let port: number
  const numbers = new Set<number>()

  beforeAll(async () => {
    port = await takePort()
    mariadb = await startMariaDb({ dir: mkdtempSync(join(inject('testDir'), 'mysql-')), port, durable: false })
    await migrate(mariadb.url)
    root = await openConnection(mariadb.rootUrl)
    root.on('error', () => undefined)
    database = createDatabase({ DATABASE_URL: mariadb.url, DATABASE_CONNECTIONS: 3 })
    await database.player.createMany({ data: ['a', 'b'].map((id) => ({ id, openid: id, nickname: id, avatarUrl: '' })) })
    direct = await openConnection(mariadb.url)
    direct.on('error', () => undefined)
  })
  afterAll(async () => {
    await database?.$disconnect()
    for (const connection of [direct, root]) await connection?.end().catch(() => undefined)
    await mariadb?.service.kill()
    releasePort(port)
  })

  const produce = (number: number): Outage => {
    numbers.add(number)
    return mysqlIs(MYSQL_ERRORS[number] ?? expect.unreachable())
  }
  /** By the query builder, by a statement of our own, in a transaction, and by the driver alone. */
  const writes = async (): Promise<(Outage | null | 'worked')[]> => [
    await outcome(() => database.player.update({ where: { id: 'a' }, data: { nickname: 'x' } })),
    await outcome(() => database.$executeRaw`UPDATE Player SET nickname = 'y' WHERE id = 'a'`),
    await outcome(() => database.$transaction((tx) => tx.$executeRaw`UPDATE Player SET nickname = 'z' WHERE id = 'a'`)),
    await outcome(() => direct.query("UPDATE Player SET nickname = 'w' WHERE id = 'a'")),
  ]

  test('1290: it is read-only during a fail-over', async () => {
    await root.query('SET GLOBAL read_only = 1')
    const read = produce(1290)
    expect(await writes()).toEqual([read, read, read, read])
    expect(await outcome(() => database.player.findMany())).toBe('worked')
    await root.query('SET GLOBAL read_only = 0')
    expect(await writes()).toEqual(['worked', 'worked', 'worked', 'worked'])
  })

  test('1792: the transaction is read-only', async () => {
    await direct.query('START TRANSACTION READ ONLY')
    expect(await outcome(() => direct.query("UPDATE Player SET nickname = 'w' WHERE id = 'a'"))).toEqual(produce(1792))
    await direct.query('ROLLBACK')
  })

  test('1205: a row stays locked', async () => {
    await root.query('SET GLOBAL innodb_lock_wait_timeout = 1')
    const fresh = createDatabase({ DATABASE_URL: mariadb.url, DATABASE_CONNECTIONS: 1 })
    await root.beginTransaction()
    await root.query("UPDATE caiquan.Player SET nickname = 'held' WHERE id = 'a'")
    expect(await outcome(() => fresh.player.update({ where: { id: 'a' }, data: { nickname: 'x' } }))).toEqual(produce(1205))
    expect(await outcome(() => fresh.$executeRaw`UPDATE Player SET nickname = 'y' WHERE id = 'a'`)).toEqual(produce(1205))
    await root.rollback()
    await fresh.$disconnect()
  })

  test('1213: a deadlock', async () => {
    const [one, two] = [await openConnection(mariadb.url), await openConnection(mariadb.url)]
    for (const each of [one, two]) await each.beginTransaction()
    await one.query("UPDATE Player SET nickname = '1' WHERE id = 'a'")
    await two.query("UPDATE Player SET nickname = '2' WHERE id = 'b'")
    const outcomes = await Promise.all([
      outcome(() => one.query("UPDATE Player SET nickname = '1' WHERE id = 'b'")),
      outcome(() => two.query("UPDATE Player SET nickname = '2' WHERE id = 'a'")),
    ])
    expect(outcomes).toContainEqual(produce(1213))
    for (const each of [one, two]) await each.end()
  })

  test('1317: a statement, and then its connection, is killed', async () => {
    const target = await openConnection(mariadb.url)
    target.on('error', () => undefined)
    const asleep = outcome(() => target.query('SELECT SLEEP(5) FROM Player'))
    const running = async (): Promise<{ id: bigint }[]> =>
      root.query("SELECT id FROM information_schema.processlist WHERE info LIKE 'SELECT SLEEP%'")
    await expect.poll(async () => (await running()).length).toBe(1)
    await root.query(`KILL QUERY ${(await running())[0]?.id}`)
    expect(await asleep).toEqual(produce(1317))
    const lost = outcome(() => target.query('SELECT SLEEP(5) FROM Player'))
    await expect.poll(async () => (await running()).length).toBe(1)
    await root.query(`KILL ${(await running())[0]?.id}`)
    // 1927 if the reason arrives before the connection ends.
    expect(await lost).toMatchObject({ store: 'mysql' })
    expect(await outcome(() => target.query('SELECT 1'))).toEqual(mysqlIs('away'))
  })

  test.runIf(mysqldPath())('3024: a statement takes too long for MySQL', async () => {
    await direct.query('SET SESSION max_execution_time = 100')
    const long = 'SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, information_schema.COLUMNS c'
    expect(await outcome(() => direct.query(long))).toEqual(produce(3024))
    await direct.query('SET SESSION max_execution_time = 0')
  })

  test.skipIf(mysqldPath())('1969: a statement takes too long', async () => {
    await direct.query('SET SESSION max_statement_time = 0.1')
    expect(await outcome(() => direct.query('SELECT SLEEP(2) FROM Player'))).toEqual(produce(1969))
    await direct.query('SET SESSION max_statement_time = 0')
  })

  test('1223: it is locked for a backup', async () => {
    const backup = await openConnection(mariadb.rootUrl)
    await backup.query('FLUSH TABLES WITH READ LOCK')
    expect(await outcome(() => backup.query("UPDATE caiquan.Player SET nickname = 'w' WHERE id = 'a'"))).toEqual(produce(1223))
    await backup.query('UNLOCK TABLES')
    await backup.end()
  })

  test('1114: a table is full', async () => {
    await direct.query('SET SESSION max_heap_table_size = 16384')
    await direct.query('CREATE TEMPORARY TABLE filled (x CHAR(200)) ENGINE = MEMORY')
    expect(await outcome(() => direct.query("INSERT INTO filled SELECT REPEAT('x', 200) FROM information_schema.COLUMNS"))).toEqual(
      produce(1114),
    )
  })

  test('1226: the user has too many connections', async () => {
    await root.query("CREATE USER few@'127.0.0.1' IDENTIFIED BY 'x' WITH MAX_USER_CONNECTIONS 1")
    const url = mariadb.url.replace(/\/\/caiquan:[^@]*@/, '//few:x@').replace(/\/caiquan$/, '')
    const first = await openConnection(url)
    expect(await outcome(() => openConnection(url))).toEqual(produce(1226))
    await first.end()
  })

  test('1040: it has too many connections', async () => {
    await root.query('SET GLOBAL max_connections = 10')
    const held: Connection[] = []
    const refusals: unknown[] = []
    for (let i = 0; i < 12; i += 1) refusals.push(await outcome(async () => void held.push(await openConnection(mariadb.url))))
    expect(refusals).toContainEqual(produce(1040))
    const crowded = createDatabase({ DATABASE_URL: mariadb.url, DATABASE_CONNECTIONS: 1 })
    numbers.add(45028)
    expect(await outcome(() => crowded.player.findMany())).toEqual(mysqlIs('too many connections'))
    expect(await outcome(() => crowded.$transaction((tx) => tx.player.findMany()))).toMatchObject({ store: 'mysql' })
    for (const each of held) await each.end()
    await root.query('SET GLOBAL max_connections = 151')
    await expect.poll(() => outcome(() => crowded.player.findMany()), { timeout: 10_000 }).toBe('worked')
    await crowded.$disconnect()
  })

  test('a mistake of this code is not an outage', async () => {
    expect(await outcome(() => database.player.create({ data: { id: 'a', openid: 'a', nickname: 'a', avatarUrl: '' } }))).toBeNull()
    expect(await outcome(() => database.player.update({ where: { id: 'nobody' }, data: { nickname: 'x' } }))).toBeNull()
    expect(await outcome(() => database.$queryRaw`SELECT nothing FROM Player`)).toBeNull()
    expect(await outcome(() => direct.query('SELEC 1'))).toBeNull()
  })

  test('it hangs, is dead, and comes back', async () => {
    const fresh = createDatabase({ DATABASE_URL: mariadb.url, DATABASE_CONNECTIONS: 1 })
    mariadb.service.signal('SIGSTOP')
    expect(await outcome(() => fresh.player.findMany())).toMatchObject({ store: 'mysql' })
    expect(await outcome(() => openConnection(mariadb.url, { connectTimeout: 300 }))).toEqual(produce(45012))
    mariadb.service.signal('SIGCONT')
    const underWay = outcome(() => direct.query('SELECT SLEEP(5) FROM Player'))
    await sleep(200)
    await mariadb.service.kill()
    expect(await underWay).toEqual(produce(45009))
    expect(await outcome(() => direct.query('SELECT 1'))).toMatchObject({ store: 'mysql' })
    expect(await outcome(() => openConnection(mariadb.url))).toMatchObject({ store: 'mysql' })
    expect(await outcome(() => fresh.player.findMany())).toMatchObject({ store: 'mysql' })
    await mariadb.service.start()
    await expect.poll(() => outcome(() => fresh.player.findMany()), { timeout: 20_000 }).toBe('worked')
    await fresh.$disconnect()
  })

  test('every number of the list was produced, except those that need MySQL itself, a broken machine or a certain instant', () => {
    const elsewhere = [
      1021,
      1041,
      1053,
      1077,
      1129,
      1135,
      1203,
      1836,
      1927,
      ...(mysqldPath() ? [1969] : []),
      2006,
      2013,
      ...(mysqldPath() ? [] : [3024]),
      3100,
      3572,
      45001,
      45004,
      45013,
      45019,
      45026,
      45030,
      45042,
    ]
    expect(
      Object.keys(MYSQL_ERRORS)
        .map(Number)
        .filter((number) => !numbers.has(number)),
    ).toEqual(elsewhere)
  })
})
