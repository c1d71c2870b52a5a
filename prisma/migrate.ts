import '../server/src/check-node.mjs'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { SqlError, type Connection } from 'mariadb'
import { connectionOptions, isRepeatedByDriver, openConnection, SessionError } from './connection.ts'

export interface MigrateOptions {
  log?: (line: string) => void
  /** Folder of migrations in Prisma's layout. */
  folder?: string
  /** Milliseconds to wait for the database to accept connections. */
  waitMs?: number
  /** Milliseconds to wait while another runner is working. */
  lockMs?: number
}

export interface MigrateResult {
  /** Names of the migrations that this run applied. */
  applied: string[]
}

/** The database cannot be migrated; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

interface Migration {
  name: string
  sql: string
  /** SHA-256 of the file in hex, as Prisma computes it. */
  checksum: string
}

interface Row {
  migration_name: string
  checksum: string
  finished_at: Date | null
  logs: string | null
}

const FOLDER = join(import.meta.dirname, 'migrations')

/** Exactly Prisma's definition, so that `prisma migrate deploy` agrees with what is done here. */
const CREATE_TABLE = `CREATE TABLE IF NOT EXISTS \`_prisma_migrations\` (
  \`id\` VARCHAR(36) PRIMARY KEY NOT NULL,
  \`checksum\` VARCHAR(64) NOT NULL,
  \`finished_at\` DATETIME(3),
  \`migration_name\` VARCHAR(255) NOT NULL,
  \`logs\` TEXT,
  \`rolled_back_at\` DATETIME(3),
  \`started_at\` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
  \`applied_steps_count\` INTEGER UNSIGNED NOT NULL DEFAULT 0
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`

/**
 * Applies the missing migrations in the order of their names, one runner at a time per database.
 * @throws MigrationError
 */
export async function migrate(databaseUrl: string, options: MigrateOptions = {}): Promise<MigrateResult> {
  const { log = () => {}, folder = FOLDER, waitMs = 60_000, lockMs = 120_000 } = options
  const migrations = readMigrations(folder)
  const connection = await connect(databaseUrl, waitMs, log)
  try {
    return await migrateOn(connection, migrations, lockMs, log)
  } catch (error) {
    throw asMigrationError(error)
  } finally {
    // Ends the session and with it the lock. A lost connection has ended already.
    await connection.end().catch(() => undefined)
  }
}

async function migrateOn(
  connection: Connection,
  migrations: Migration[],
  lockMs: number,
  log: (line: string) => void,
): Promise<MigrateResult> {
  await lock(connection, lockMs)
  await connection.query(CREATE_TABLE)
  const rows = await connection.query<Row[]>(
    'SELECT migration_name, checksum, finished_at, logs FROM `_prisma_migrations` WHERE rolled_back_at IS NULL ORDER BY started_at',
  )
  const missing = pending(migrations, rows)
  for (const migration of missing) await apply(connection, migration, log)
  if (missing.length === 0) log(`Nothing to migrate: ${migrations.length} applied.`)
  return { applied: missing.map(({ name }) => name) }
}

/** An operator reads what the database refuses: its message, without a stack. */
function asMigrationError(error: unknown): MigrationError {
  if (error instanceof MigrationError) return error
  // The driver puts the statement into `message`, which may be long; `sqlMessage` is the server's message.
  const reason =
    error instanceof SqlError
      ? `${error.sqlMessage ?? error.message}${error.code ? ` (${error.code})` : ''}`
      : error instanceof Error
        ? error.message
        : String(error)
  return new MigrationError(`The database could not be migrated: ${reason}`, { cause: error })
}

/** The migrations of a folder in the order of their names. */
export function readMigrations(folder: string): Migration[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, 'migration.sql')))
    .map(({ name }) => {
      const sql = readFileSync(join(folder, name, 'migration.sql'), 'utf8')
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The migrations still to be applied. @throws MigrationError if the database and the folder contradict each other */
export function pending(migrations: Migration[], rows: Row[]): Migration[] {
  const known = new Map(migrations.map((migration) => [migration.name, migration]))
  for (const row of rows) {
    const { migration_name: name } = row
    if (row.finished_at === null) {
      throw new MigrationError(
        `The migration ${name} has failed before, and its statements up to the failing one are done: MySQL cannot roll them back.\n` +
          (row.logs ? `It failed with: ${row.logs}\n` : '') +
          'Check the tables and undo by hand what it left. Then run it again:\n' +
          `  UPDATE _prisma_migrations SET rolled_back_at = NOW(3) WHERE migration_name = '${name}' AND finished_at IS NULL;\n` +
          'Or, if you completed it by hand instead:\n' +
          `  UPDATE _prisma_migrations SET finished_at = NOW(3), logs = NULL WHERE migration_name = '${name}' AND finished_at IS NULL;`,
      )
    }
    const migration = known.get(name)
    if (!migration) {
      throw new MigrationError(
        `The database has the migration ${name}, which this version does not know: it belongs to a newer version. Run that version.`,
      )
    }
    if (migration.checksum !== row.checksum) {
      throw new MigrationError(
        `The migration ${name} was changed after it had been applied. Restore the file as it was and put the change into a new migration.`,
      )
    }
  }
  const applied = new Set(rows.map((row) => row.migration_name))
  return migrations.filter(({ name }) => !applied.has(name))
}

async function apply(connection: Connection, { name, sql, checksum }: Migration, log: (line: string) => void): Promise<void> {
  const id = randomUUID()
  const started = performance.now()
  await connection.query('INSERT INTO `_prisma_migrations` (id, checksum, migration_name, started_at) VALUES (?, ?, ?, UTC_TIMESTAMP(3))', [
    id,
    checksum,
    name,
  ])
  try {
    await connection.query(sql)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    await connection.query('UPDATE `_prisma_migrations` SET logs = ? WHERE id = ?', [reason, id])
    throw new MigrationError(`The migration ${name} failed: ${reason}`, { cause: error })
  }
  await connection.query('UPDATE `_prisma_migrations` SET finished_at = UTC_TIMESTAMP(3), applied_steps_count = 1 WHERE id = ?', [id])
  log(`Applied ${name} (${Math.round(performance.now() - started)} ms)`)
}

/**
 * A session lock, named after the database: the server releases it when the runner dies. Releases have to agree on the name, so that an
 * older runner and this one exclude each other. It is computed here, because MySQL 9.6 has no MD5().
 */
async function lock(connection: Connection, waitMs: number): Promise<void> {
  const [at] = await connection.query<{ name: string | null }[]>('SELECT DATABASE() AS name')
  if (!at?.name) throw new MigrationError('DATABASE_URL names no database: it must end in /<database>.')
  const name = `caiquan-migrate:${createHash('md5').update(at.name).digest('hex')}`
  const [row] = await connection.query<{ locked: bigint | number | null }[]>('SELECT GET_LOCK(?, ?) AS locked', [
    name,
    Math.ceil(waitMs / 1000),
  ])
  if (Number(row?.locked) !== 1)
    throw new MigrationError(`Another runner has been migrating this database for ${waitMs / 1000} s. Wait for it or end it.`)
}

async function connect(databaseUrl: string, waitMs: number, log: (line: string) => void): Promise<Connection> {
  if (!URL.canParse(databaseUrl))
    throw new MigrationError('DATABASE_URL is not an address: it must read mysql://user:password@host:port/database.')
  const { host, port } = connectionOptions(databaseUrl)
  const deadline = performance.now() + waitMs
  for (let announced = false; ; announced = true) {
    try {
      return await openConnection(databaseUrl, { multipleStatements: true })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (performance.now() > deadline || !isTransient(error)) {
        throw new MigrationError(`The database at ${host}:${port} cannot be used: ${reason}`, { cause: error })
      }
      if (!announced) log(`Waiting for the database at ${host}:${port}`)
      await delay(500)
    }
  }
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** Whether waiting may help: not with a wrong password, an unknown database, or a session that cannot be set up. */
const isTransient = (error: unknown): boolean =>
  !(error instanceof SessionError) && !['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_BAD_DB_ERROR'].includes(codeOf(error))

/**
 * Waits until another runner has applied all migrations that this version knows. A database that is ahead of them is fine: migrations are
 * written so that the version before can work with them, and a roll-out runs both.
 * @throws MigrationError if that takes longer than `waitMs`
 */
export async function waitUntilMigrated(
  databaseUrl: string,
  options: Pick<MigrateOptions, 'log' | 'folder' | 'waitMs'> = {},
): Promise<void> {
  const { log = () => {}, folder = FOLDER, waitMs = 600_000 } = options
  const names = readMigrations(folder).map(({ name }) => name)
  const deadline = performance.now() + waitMs
  for (let announced = false; ; announced = true) {
    const connection = await connect(databaseUrl, Math.max(0, deadline - performance.now()), log)
    const done = await appliedOn(connection)
    const missing = names.filter((name) => !done.has(name))
    if (missing.length === 0) return log(`The database has all ${names.length} migrations.`)
    if (performance.now() > deadline)
      throw new MigrationError(`No runner has applied these migrations within ${waitMs / 1000} s: ${missing.join(', ')}.`)
    if (!announced) log(`Waiting for these migrations: ${missing.join(', ')}`)
    await delay(1000)
  }
}

/** Ends the connection too. */
async function appliedOn(connection: Connection): Promise<Set<string>> {
  try {
    const rows = await connection.query<Pick<Row, 'migration_name'>[]>(
      'SELECT migration_name FROM `_prisma_migrations` WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    )
    return new Set(rows.map((row) => row.migration_name))
  } catch (error) {
    if (codeOf(error) === 'ER_NO_SUCH_TABLE') return new Set()
    throw asMigrationError(error)
  } finally {
    await connection.end().catch(() => undefined)
  }
}

const HELP = `Usage: DATABASE_URL=mysql://user:password@host:3306/database node prisma/migrate.ts [--wait]

Applies the migrations of prisma/migrations that the database lacks. Waits up to 60 s for the database.
Keeps Prisma's own table, so \`prisma migrate deploy\` agrees with it.
With --wait it applies nothing but waits up to ten minutes until somebody has.
`

/** The command line. Returns the exit code. */
export async function runMigrations(args: string[], env: NodeJS.ProcessEnv): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(HELP)
    return 0
  }
  const unknown = args.find((arg) => arg !== '--wait')
  const url = env['DATABASE_URL']
  if (unknown !== undefined || !url) {
    process.stderr.write(`${url ? `Unknown option ${unknown}.` : 'DATABASE_URL is not set.'}\n\n${HELP}`)
    return 1
  }
  const ignoreRepeated = (error: unknown): void => {
    if (!isRepeatedByDriver(error)) throw error
  }
  process.on('unhandledRejection', ignoreRepeated)
  try {
    if (args.includes('--wait')) await waitUntilMigrated(url, { log: print })
    else await migrate(url, { log: print })
    return 0
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  } finally {
    process.off('unhandledRejection', ignoreRepeated)
  }
}

if (import.meta.main) process.exitCode = await runMigrations(process.argv.slice(2), process.env)
