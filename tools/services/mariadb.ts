import { execFile } from 'node:child_process'
import { randomBytes, createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createConnection } from 'mariadb'
import { connectionOptions } from '../../prisma/connection.ts'
import { initialiseMysql, mysqlArguments, mysqldPath, removeInitialAccounts } from './mysqld.ts'
import { findProgram } from './programs.ts'
import { Service, ServiceError } from './process.ts'

export interface MariaDbOptions {
  /** Folder for its data, socket, password and log. */
  dir: string
  port: number
  logFile?: string
  /** Megabytes of memory for data pages. */
  bufferPoolMb?: number
  /** False lets a crash of the machine (not of the process) lose the last second: for tests only. */
  durable?: boolean
  /** Files of a certificate, its key and their authority: then it accepts only TLS connections, and the addresses request it. */
  tls?: { cert: string; key: string; ca: string }
  /** Whether it keeps a binary log, from which a moment after a backup can be restored; false. */
  binaryLog?: boolean
}

export interface MariaDb {
  service: Service
  /** As the user `caiquan`, which may do everything in databases named `caiquan` and `caiquan_*`. */
  url: string
  /** As root, without a database. */
  rootUrl: string
}

/** The kernel's limit on the path of a Unix socket is 108 bytes with the closing zero. */
const SOCKET_PATH_LIMIT = 107

/**
 * Starts a private MariaDB (or MySQL, see mysqld.ts) under `dir`; first creates its data folder, a random password and the database if
 * needed.
 */
export async function startMariaDb(options: MariaDbOptions): Promise<MariaDb> {
  const { dir, port, logFile = join(dir, 'mariadb.log'), bufferPoolMb = 64, durable = true, tls, binaryLog = false } = options
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const data = join(dir, 'data')
  const temporary = join(dir, 'tmp')
  mkdirSync(temporary, { recursive: true })
  const mysqld = mysqldPath()
  if (!existsSync(data)) await initialise(dir, data, temporary, mysqld)
  const password = passwordOf(dir)
  const initFile = join(dir, 'init.sql')
  writeFileSync(initFile, initSql(password, mysqld !== null), { mode: 0o600 })
  const socket = socketPath(dir)
  const query = tls ? `?sslaccept=strict&sslcert=${encodeURIComponent(tls.ca)}` : ''
  const url = `mysql://caiquan:${password}@127.0.0.1:${port}/caiquan${query}`
  const service = new Service({
    name: 'mariadb',
    url,
    command: mysqld ?? findProgram('mariadbd', 'mysqld'),
    args: [
      '--no-defaults',
      ...asUser(),
      `--datadir=${data}`,
      `--tmpdir=${temporary}`,
      `--socket=${socket}`,
      `--pid-file=${join(dir, 'mariadb.pid')}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--init-file=${initFile}`,
      '--skip-name-resolve',
      '--character-set-server=utf8mb4',
      '--collation-server=utf8mb4_bin',
      '--default-time-zone=+00:00',
      '--max-connections=300',
      `--innodb-buffer-pool-size=${bufferPoolMb}M`,
      ...(mysqld ? mysqlArguments(binaryLog) : mariadbArguments(binaryLog)),
      `--innodb-flush-log-at-trx-commit=${durable ? 1 : 2}`,
      '--innodb-buffer-pool-dump-at-shutdown=OFF',
      '--innodb-fast-shutdown=1',
      ...(tls ? [`--ssl-cert=${tls.cert}`, `--ssl-key=${tls.key}`, `--ssl-ca=${tls.ca}`, '--require-secure-transport=ON'] : []),
    ],
    cwd: dir,
    logFile,
    isReady: () => accepts(url),
    readyMs: 60_000,
    stopSignal: 'SIGTERM',
    stopMs: 30_000,
    prepare: () => rmSync(socket, { force: true }),
  })
  await service.start()
  return { service, url, rootUrl: `mysql://root:${password}@127.0.0.1:${port}${query}` }
}

const mariadbArguments = (binaryLog: boolean): string[] => [
  '--innodb-log-file-size=32M',
  ...(binaryLog ? ['--log-bin=binlog', '--server-id=1', '--binlog-format=ROW'] : ['--skip-log-bin']),
]

/** A start that dies half-way leaves no data folder that looks complete: the folder gets its name last. */
async function initialise(dir: string, data: string, temporary: string, mysqld: string | null): Promise<void> {
  const unfinished = join(dir, 'data.unfinished')
  rmSync(unfinished, { recursive: true, force: true })
  const common = [
    ...asUser(),
    `--datadir=${unfinished}`,
    // A server that starts removes the temporary tables of all others that share its folder.
    `--tmpdir=${temporary}`,
  ]
  const args = [
    '--no-defaults',
    ...common,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
    // The name of this machine may not resolve: our accounts are made for 127.0.0.1.
    '--force',
    '--innodb-log-file-size=32M',
  ]
  try {
    if (mysqld) await initialiseMysql(mysqld, common, dir)
    else await promisify(execFile)(findProgram('mariadb-install-db', 'mysql_install_db'), args, { cwd: dir, maxBuffer: 8 * 1024 * 1024 })
  } catch (error) {
    // Its standard output only gives general advice.
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw new ServiceError(`${mysqld ?? 'MariaDB'} could not make its data folder ${data}:\n${output.trim().slice(-3000)}`, {
      cause: error,
    })
  }
  renameSync(unfinished, data)
}

/**
 * Runs at every start, before the first connection is accepted. The initial accounts have no password and any local user could reach them
 * over TCP: only ours may remain.
 */
const initSql = (password: string, isMysql: boolean): string =>
  [
    isMysql
      ? removeInitialAccounts
      : "DELETE FROM mysql.global_priv WHERE User NOT IN ('mariadb.sys', 'root', 'caiquan') OR (User = 'root' AND Host <> '127.0.0.1')",
    'FLUSH PRIVILEGES',
    "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1'",
    `ALTER USER 'root'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION",
    'CREATE DATABASE IF NOT EXISTS `caiquan` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin',
    "CREATE USER IF NOT EXISTS 'caiquan'@'127.0.0.1'",
    `ALTER USER 'caiquan'@'127.0.0.1' IDENTIFIED BY '${password}'`,
    "GRANT ALL ON `caiquan`.* TO 'caiquan'@'127.0.0.1'",
    "GRANT ALL ON `caiquan\\_%`.* TO 'caiquan'@'127.0.0.1'",
  ]
    .map((statement) => `${statement};\n`)
    .join('')

function passwordOf(dir: string): string {
  const file = join(dir, 'password')
  if (!existsSync(file)) writeFileSync(file, randomBytes(18).toString('hex'), { mode: 0o600 })
  chmodSync(file, 0o600)
  return readFileSync(file, 'utf8').trim()
}

function socketPath(dir: string): string {
  const inside = join(dir, 'mariadb.sock')
  if (Buffer.byteLength(inside) <= SOCKET_PATH_LIMIT) return inside
  const digest = createHash('sha256').update(dir).digest('hex').slice(0, 16)
  return join(tmpdir(), `caiquan-${userInfo().uid}-${digest}.sock`)
}

/** mariadbd refuses to run as root without this option. */
const asUser = (): string[] => (process.getuid?.() === 0 ? ['--user=root'] : [])

async function accepts(url: string): Promise<boolean> {
  const connection = await createConnection({ ...connectionOptions(url), connectTimeout: 1000 })
  await connection.query('SELECT 1')
  await connection.end()
  return true
}
