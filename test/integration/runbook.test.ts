/** Every command of docs/runbook.md, pasted as it is, on a real cluster of one node with Redis and a MariaDB with its binary log on. */
import { createConnection, type Connection } from 'mariadb'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startCluster, type Cluster } from '../../tools/cluster/cluster.ts'
import { statusOf } from '../../tools/services/http.ts'
import { startMariaDb, type MariaDb } from '../../tools/services/mariadb.ts'
import { ROOT } from '../../tools/services/node.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { expectRecorded, recorded } from '../support/records.ts'
import { podOf } from '../support/kubectl.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { openRedis } from '../support/redis.ts'
import { blocksOf, operatorsFolder, runBlock, runbookText, variablesOf } from '../support/runbook.ts'
import { tempDir } from '../support/temp.ts'

const blocks = blocksOf(runbookText)
const commands = blocks.filter(({ language }) => language === 'sh')

let port: number
let mariadb: MariaDb
let cluster: Cluster
let redis: RedisClient
let root: Connection
let cwd: string
let env: Record<string, string>
/** An address of MySQL for one of the users of ops/mysql/users.sql.template. */
let urlOf: (user: string, password: string) => string

const runPart = (text: string): ReturnType<typeof runBlock> => runBlock(text, { cwd, env })
const command = (name: string): string => commands.find((block) => block.name === name)?.text ?? ''

beforeAll(async () => {
  const dir = tempDir('runbook')
  port = await takePort()
  mariadb = await startMariaDb({ dir: join(dir, 'mariadb'), port, durable: false, binaryLog: true })
  const tmp = join(dir, 'pod-tmp')
  mkdirSync(tmp)
  // The setting that the runbook asks for before a heap snapshot is taken.
  const options = (/"NODE_OPTIONS", "value": "([^"]+)"/.exec(command('Heap snapshots 1'))?.[1] ?? '').replace('/tmp', tmp)
  cluster = await startCluster({
    dataDir: join(dir, 'cluster'),
    nodes: 1,
    nginx: false,
    database: { url: mariadb.url, pid: mariadb.service.pid },
    env: { DRAIN_MS: '200', REVEAL_MS: '0', NODE_OPTIONS: options },
  })
  redis = openRedis(cluster)
  root = await createConnection({ ...connectionOptions(mariadb.rootUrl), multipleStatements: true })
  const { username, password, host } = new URL(mariadb.rootUrl)
  urlOf = (user, secret) => `mysql://${user}:${secret}@${host}/caiquan`
  const redisUrl = cluster.info.redis.url
  const [node] = cluster.nodes
  const pods = {
    secrets: {
      redis: { url: redisUrl, 'recorder-url': redisUrl },
      mysql: { url: urlOf('caiquan_play', 'play-1'), 'migrate-url': urlOf('caiquan_migrate', 'migrate-1') },
      wechat: { appid: 'unused', secret: 'unused', 'push-token': 'unused', 'push-aes-key': 'unused' },
    },
    env: { REDIS_CLUSTER: 'off', NODE_EXTRA_CA_CERTS: '', PORT: new URL(node?.url ?? '').port },
    tmp,
    mainPid: node?.pid,
  }
  writeFileSync(join(dir, 'pods.json'), JSON.stringify(pods))
  const folder = operatorsFolder(dir)
  cwd = folder.cwd
  env = {
    PATH: folder.path,
    HOME: dir,
    CAIQUAN_PODS: join(dir, 'pods.json'),
    POD: podOf('server'),
    REDIS_URL: redisUrl,
    MYSQL_HOST: '127.0.0.1',
    MYSQL_PORT: String(port),
    MYSQL_SSL_MODE: 'PREFERRED',
    MYSQL_ADMIN: username,
    MYSQL_ADMIN_PASSWORD: password,
    DATABASE: 'caiquan',
    MIGRATE_PASSWORD: 'migrate-1',
    PLAY_PASSWORD: 'play-1',
    BACKUP_PASSWORD: 'backup-1',
    STOP_AT: '',
    DEPLOYMENTS: join(dir, 'deployments'),
    BAD_COMMIT: 'HEAD',
    WECHAT_APPID: 'wx0123456789abcdef',
    WECHAT_SECRET: 'new',
    WECHAT_PUSH_TOKEN: 'token',
    WECHAT_PUSH_AES_KEY: 'key',
    NEW_PASSWORD: 'new1',
    OLD_PASSWORD: 'old1',
    SERVER_REDIS_URL: redisUrl,
    RECORDER_REDIS_URL: redisUrl,
    PLAY_DATABASE_URL: urlOf('caiquan_play', 'new1'),
    MIGRATE_DATABASE_URL: urlOf('caiquan_migrate', 'migrate-1'),
  }
  // The users exist in an installation; the section about them creates them again.
  for (const name of ['Before you paste 1', 'Users of MySQL 1', 'Users of MySQL 2'])
    expect(await runPart(command(name)), name).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await root?.end()
  redis?.disconnect()
  await cluster?.close()
  await mariadb?.service.stop()
  releasePort(port)
})

/** Plays a ranked match to its end, and waits until it is in MySQL. */
async function playMatch(): Promise<void> {
  const url = cluster.info.nodes[0]?.url ?? ''
  const players = await Promise.all([TestPlayer.join('runbook-one', url), TestPlayer.join('runbook-two', url)])
  const id = await pair(...players, 1, 'ranked')
  await Promise.all([players[0].play(id, () => 'rock'), players[1].play(id, () => 'paper')])
  expectRecorded(await recorded(mariadb.url, [id]), id, players)
  for (const player of players) player.close()
}

/** All rows of all tables. */
async function contents(): Promise<Record<string, string[]>> {
  const tables = await root.query<{ name: string }[]>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'caiquan' ORDER BY 1",
  )
  const all: Record<string, string[]> = {}
  for (const { name } of tables) {
    const rows = await root.query<object[]>(`SELECT * FROM caiquan.\`${name}\``)
    all[name] = rows.map((row) => JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))).sort()
  }
  return all
}

const secondsNow = (): string => new Date().toISOString().slice(0, 19).replace('T', ' ')
const git = (...args: string[]): string =>
  execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { encoding: 'utf8' })
/** The content of the database before it was damaged. */
let undamaged: Record<string, string[]>
/** A connection that is open when the servers are locked out. */
let playing: Connection

/** Brings about and checks the state before a block runs. */
const before: Record<string, () => Promise<void> | void> = {
  'CaiquanEventsRepeated 1': playMatch,
  // One match is in the dump, one in the copy of the binary log, and one only in the rest of the log.
  'Backup of MySQL 1': playMatch,
  'Backup of MySQL 2': playMatch,
  async 'Restore of MySQL 1'() {
    await playMatch()
    undamaged = await contents()
    // The times in the binary log are whole seconds.
    await sleep(1100)
    env['STOP_AT'] = secondsNow()
    await sleep(1100)
    await root.query('USE caiquan; SET foreign_key_checks = 0; DELETE FROM Round; UPDATE Player SET rating = 0; DROP TABLE RatingChange')
    playing = await createConnection(connectionOptions(urlOf('caiquan_play', 'play-1')))
    playing.on('error', () => undefined)
  },
  'Rollback in GitOps 1'() {
    const [remote, own] = [join(cwd, '../remote.git'), env['DEPLOYMENTS'] ?? '']
    git('init', '-q', '--bare', '-b', 'main', remote)
    git('clone', '-q', remote, own)
    for (const [name, value] of [
      ['user.name', 't'],
      ['user.email', 't@example.com'],
    ] as const)
      git('-C', own, 'config', name, value)
    git('-C', own, 'checkout', '-q', '-B', 'main')
    for (const version of ['0.1.0', '0.2.0']) {
      writeFileSync(join(own, 'kustomization.yaml'), `newTag: ${version}\n`)
      git('-C', own, 'add', '-A')
      git('-C', own, 'commit', '-qm', version)
    }
    git('-C', own, 'push', '-q', '-u', 'origin', 'main')
    env['BAD_COMMIT'] = git('-C', own, 'rev-parse', 'HEAD').trim()
  },
  async 'Loss of Redis 2'() {
    await redis.del('cq:rank:all')
  },
  async 'Passwords of Redis 1'() {
    await redis.call('ACL', 'SETUSER', 'server', 'on', '>old1')
  },
  'Certificate of the game 1'() {
    for (const file of ['fullchain.pem', 'key.pem', 'ca.pem']) writeFileSync(join(cwd, file), `${file}\n`)
  },
}

/** Checks the state after a block has run. */
const after: Record<string, (output: string) => Promise<void> | void> = {
  'CaiquanEventsRepeated 1': (output) => expect(output).toMatch(/^all: [1-9]\d* players/m),
  async 'Heap snapshots 1'() {
    // The volume is there, for recorders too.
    for (const name of ['server', 'recorder']) {
      const { code, output } = await runPart(
        `kubectl -n caiquan exec deployment/${name} -- node -e 'console.log(v8.writeHeapSnapshot("/tmp/${name}.heapsnapshot"))'\n` +
          `kubectl -n caiquan exec deployment/${name} -- rm /tmp/${name}.heapsnapshot`,
      )
      expect(code, output).toBe(0)
    }
  },
  async 'Heap snapshots 2'() {
    const snapshot = JSON.parse(readFileSync(join(cwd, `${env['POD']}.heapsnapshot`), 'utf8')) as { snapshot: { node_count: number } }
    expect(snapshot.snapshot.node_count).toBeGreaterThan(10_000)
    expect(await statusOf(`${cluster.info.nodes[0]?.url}/readyz`)).toBe(200)
  },
  'Backup of MySQL 1': () => expect(readdirSync(join(cwd, 'backup')).filter((name) => /^caiquan-.*Z\.sql\.gz$/.test(name))).toHaveLength(1),
  'Backup of MySQL 2'() {
    const files = readdirSync(join(cwd, 'backup/binlog'))
    expect(files[0]).toBe('binlog.000001')
    for (const file of files) expect(statSync(join(cwd, 'backup/binlog', file)).size).toBeGreaterThan(200)
  },
  'Restore drill 1': (output) => expect(output).toMatch(/^Restored: \d+ tables, [1-9]\d* cursors, as in caiquan\.$/m),
  async 'Restore of MySQL 1'() {
    await expect(playing.query('SELECT 1')).rejects.toThrow()
    await expect(createConnection(connectionOptions(urlOf('caiquan_play', 'play-1')))).rejects.toThrow(/locked/)
  },
  async 'Restore of MySQL 3'() {
    expect((await contents())['Round']?.length).toBeLessThan(undamaged['Round']?.length ?? 0)
  },
  async 'Restore of MySQL 4'() {
    expect(await contents()).toEqual(undamaged)
  },
  async 'Restore of MySQL 5'(output) {
    expect(output).toContain('Nothing to migrate')
    await (await createConnection(connectionOptions(urlOf('caiquan_play', 'play-1')))).end()
  },
  async 'Old rounds 2'() {
    expect(
      await root.query(
        `SELECT COUNT(*) > 8 AS many FROM information_schema.partitions
          WHERE table_schema = 'caiquan' AND table_name = 'Round' AND partition_name IS NOT NULL`,
      ),
    ).toMatchObject([{ many: expect.toSatisfy((many) => Number(many) === 1) }])
  },
  'Rollback in GitOps 1': () => expect(git('-C', join(cwd, '../remote.git'), 'show', 'main:kustomization.yaml')).toBe('newTag: 0.1.0\n'),
  async 'Loss of Redis 2'() {
    expect(await redis.zcard('cq:rank:all')).toBeGreaterThan(0)
  },
  'Loss of Redis 1': (output) => expect(output).toMatch(/maxmemory_policy:noeviction/),
  'Users of Redis 1'() {
    const users = readFileSync(join(cwd, 'users.acl'), 'utf8')
    expect(users.match(/#[0-9a-f]{64} /g)).toHaveLength(5)
    expect(users).not.toContain('$')
  },
  async 'Passwords of Redis 1'() {
    expect((await redis.call('ACL', 'GETUSER', 'server')) as unknown[]).toEqual(
      expect.arrayContaining([[expect.stringMatching(/^[0-9a-f]{64}$/)]]),
    )
  },
  async 'Passwords of MySQL 1'() {
    await (await createConnection(connectionOptions(urlOf('caiquan_play', 'new1')))).end()
  },
  async 'Sessions 1'() {
    expect(await redis.keys('cq:session:*')).toEqual([])
  },
}

test('every command in the runbook is run here', () => {
  expect(blocks.filter(({ language }) => language !== 'sh').map(({ name, language }) => `${name}: ${language}`)).toEqual([
    'Traces 1: dockerfile',
  ])
  expect(runbookText.match(/^ *```\w/gm)).toHaveLength(blocks.length)
  for (const name of [...Object.keys(before), ...Object.keys(after)]) expect(commands.map((block) => block.name)).toContain(name)
  // A person who pastes a command fills in variables, and nothing within the command.
  for (const { name, text } of commands) expect(text, name).not.toMatch(/\b(HOST|APPID)\b|(?<!CURRENT |OLD )\bPASSWORD\b|…|<[a-z]+>/)
  expect(variablesOf(runbookText)).toEqual(Object.keys(env).filter((name) => !['PATH', 'HOME', 'CAIQUAN_PODS'].includes(name)))
})

test.each(commands)(
  '$name',
  async ({ name, text }) => {
    await before[name]?.()
    const { code, output } = await runPart(text)
    expect(code, `${text}\n${output}`).toBe(0)
    await after[name]?.(output)
  },
  120_000,
)

test('the user for backups changes nothing', async () => {
  const backup = await createConnection(connectionOptions(urlOf('caiquan_backup', 'backup-1')))
  try {
    for (const sql of [
      'DELETE FROM Round',
      "UPDATE Setting SET value = 'x'",
      'CREATE TABLE x (y INT)',
      'DROP TABLE Round',
      'SELECT * FROM mysql.global_priv',
      'SET GLOBAL read_only = 1',
      'PURGE BINARY LOGS BEFORE NOW()',
    ]) {
      await expect(backup.query(sql), sql).rejects.toMatchObject({ sqlState: '42000' })
    }
  } finally {
    await backup.end()
  }
})

test('the drill detects a dump that lacks a table, rows or a cursor', async () => {
  const drill = join(ROOT, 'ops/mysql/restore-drill.sh')
  for (const [fault, message] of [
    ['mysqldump() { command mysqldump "$@" --ignore-table=caiquan.Setting; }', /rows-of-Setting: missing/],
    ['mysqldump() { command mysqldump "$@" | sed "/^INSERT INTO .Round. /,/;\\$/d"; }', /rows-of-Round: 0+, expected/],
    ['mysqldump() { command mysqldump "$@" | sed "/^INSERT INTO .OutboxCursor. /,/;\\$/d"; }', /cursor-of-shard-\d+: missing/],
  ] as const) {
    const { code, output } = await runPart(`${fault}\nexport -f mysqldump\n${drill}`)
    expect(output).toMatch(message)
    expect(code).toBe(1)
  }
  expect(await root.query("SELECT schema_name FROM information_schema.schemata WHERE schema_name LIKE 'caiquan%drill%'")).toEqual([])
})

test.each([
  ['kubectl get pods', /-n caiquan is missing/],
  ['kubectl -n caiquan logs deployment/servers', /not found/],
  ['kubectl -n caiquan logs deployment/server -c nginx', /container nginx/],
  ['kubectl -n caiquan logs deployment/server --tial 5', /unknown flag/],
  ['kubectl -n caiquan rollback deployment/server', /unknown command/],
  ['kubectl -n caiquan get pods -l app=server', /No resources found/],
  ['kubectl -n caiquan scale deployment/server --replicas 7', /autoscaler/],
  ['kubectl -n caiquan exec deployment/recorder -- npm run leaderboard:rebuild', /"npm": executable file not found/],
  ['kubectl -n caiquan exec deployment/recorder -- node tools/cluster/cluster.ts', /Cannot find module/],
  [`kubectl -n caiquan exec deployment/server -- node -e 'fs.writeFileSync("/app/x", "")'`, /ERR_ACCESS_DENIED/],
  [`kubectl -n caiquan patch hpa/server --type merge -p '{"spec": {"maxReplica": 9}}'`, /unknown field/],
  [
    'kubectl -n caiquan create secret generic mysql --from-literal=url=x --dry-run=client -o yaml | kubectl -n caiquan apply -f -',
    /would lose migrate-url/,
  ],
])('%s is refused', async (text, message) => {
  const { code, output } = await runPart(text)
  expect(output).toMatch(message)
  expect(code).not.toBe(0)
})
