// `npm run archive`: moves old rounds from MySQL into compressed files. Matches, ratings and tallies stay.
import '../server/src/check-node.mjs'
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { createGunzip, createGzip } from 'node:zlib'
import type { Connection } from 'mariadb'
import { openConnection } from './connection.ts'
import { dropIfEmpty, ensurePartitions, readPartitions, readTaken, takenTable, takeOut, WEEK, type Partition } from './partitions.ts'

export interface ArchiveOptions {
  /** Folder of the files; created if it is missing. */
  dir: string
  /** Weeks whose last day is at least this many days ago are archived. */
  keepDays: number
  /** Epoch ms; the current time if absent. */
  now?: number
  log?: (line: string) => void
}

export interface ArchivedWeek {
  file: string
  rounds: number
}

/** The archive cannot be made; the message is meant for an operator. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError'
}

const DAY_MS = 86_400_000
/**
 * How far ahead partitions are made: if no archive runs for that long, rounds go into the last partition, which later costs time and
 * nothing else.
 */
const AHEAD_DAYS = 8 * WEEK
/** A match lasts a day at most, and MySQL may be away for a while: younger weeks may still get rounds. */
export const LEAST_KEEP_DAYS = 14
/** Rows per read. */
const CHUNK = 5000
/** The day up to which rounds are archived and not in MySQL any more; the history says so for matches before it. */
export const ARCHIVED_BEFORE = 'archivedBefore'

/** One run at a time: a second one returns at once. @throws ArchiveError */
export async function archive(
  databaseUrl: string,
  { dir, keepDays, now = Date.now(), log = () => {} }: ArchiveOptions,
): Promise<ArchivedWeek[]> {
  if (!(keepDays >= LEAST_KEEP_DAYS))
    throw new ArchiveError(`--keep-days must be ${LEAST_KEEP_DAYS} at least: younger matches may still get rounds.`)
  mkdirSync(dir, { recursive: true })
  const connection = await openConnection(databaseUrl)
  try {
    const [row] = await connection.query<{ mine: bigint | number | null }[]>(
      "SELECT GET_LOCK(CONCAT('caiquan-archive:', LEFT(DATABASE(), 40)), 0) AS mine",
    )
    if (Number(row?.mine) !== 1) {
      log('Another run is working.')
      return []
    }
    const today = Math.floor(now / DAY_MS)
    await ensurePartitions(connection, today, today + AHEAD_DAYS)
    const done: ArchivedWeek[] = []
    for (const week of await readTaken(connection)) done.push(await finish(connection, week, dir, log))
    for (const week of (await readPartitions(connection)) ?? []) {
      if (week.to > today - keepDays) break
      await setArchivedBefore(connection, week.to)
      if (await dropIfEmpty(connection, week)) continue
      await takeOut(connection, week)
      done.push(await finish(connection, week, dir, log))
      await dropIfEmpty(connection, week)
    }
    return done.filter(({ rounds }) => rounds > 0)
  } finally {
    // Ends the session and with it the lock.
    await connection.end()
  }
}

async function setArchivedBefore(connection: Connection, day: number): Promise<void> {
  await connection.query(
    'INSERT INTO Setting (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = GREATEST(CAST(value AS UNSIGNED), ' +
      'CAST(VALUES(value) AS UNSIGNED))',
    [ARCHIVED_BEFORE, String(day)],
  )
}

/** Writes a detached week into a file, reads it back, and only then removes the week. */
async function finish(connection: Connection, week: Partition, dir: string, log: (line: string) => void): Promise<ArchivedWeek> {
  const table = takenTable(week)
  const files = filesOf(dir, week)
  const file = files.at(-1) ?? ''
  const content = await exportTable(connection, table, `${file}.part`)
  let { rounds } = content
  // A run that was interrupted right before its end has written them already.
  for (const earlier of files.slice(0, -1)) if (await holds(earlier, content)) rounds = 0
  if (rounds > 0) {
    await sync(`${file}.part`)
    renameSync(`${file}.part`, file)
    await sync(dir)
    log(`${file}: ${rounds} rounds`)
  } else rmSync(`${file}.part`)
  await connection.query(`DROP TABLE \`${table}\``)
  return { file, rounds }
}

/**
 * The files of a week, and the next one to be written: named after the first and the last day, with a number for rounds that came after the
 * week had been archived.
 */
function filesOf(dir: string, { from, to }: Partition): string[] {
  const date = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)
  const files: string[] = []
  do files.push(join(dir, `rounds-${date(from)}-${date(to - 1)}${files.length > 0 ? `-${files.length + 1}` : ''}.jsonl.gz`))
  while (existsSync(files.at(-1) ?? ''))
  return files
}

interface Content {
  rounds: number
  /** SHA-256 of the lines. */
  digest: string
}

interface Row {
  matchId: string
  round: number
}

async function exportTable(connection: Connection, table: string, file: string): Promise<Content> {
  let rounds = 0
  const digest = createHash('sha256')
  async function* lines(): AsyncGenerator<string> {
    let last: Row = { matchId: '', round: 0 }
    for (;;) {
      const rows = await connection.query<Row[]>(
        `SELECT matchId, round, moves, move0, move1, winner, reason, resolvedAt FROM \`${table}\`
        WHERE matchId > ? OR (matchId = ? AND round > ?) ORDER BY matchId, round LIMIT ${CHUNK}`,
        [last.matchId, last.matchId, last.round],
      )
      for (const row of rows) {
        const line = `${JSON.stringify(row)}\n`
        digest.update(line)
        rounds += 1
        yield line
      }
      const end = rows.at(-1)
      if (!end) return
      last = end
    }
  }
  await pipeline(lines, createGzip(), createWriteStream(file))
  const content = { rounds, digest: digest.digest('hex') }
  if (!(await holds(file, content))) throw new ArchiveError(`${file} does not hold what was written: the rounds stay in MySQL.`)
  return content
}

/** Whether the file on the disk holds exactly this. */
async function holds(file: string, { rounds, digest }: Content): Promise<boolean> {
  const found = createHash('sha256')
  let count = 0
  const text = createReadStream(file).pipe(createGunzip())
  for await (const line of createInterface({ input: text, crlfDelay: Infinity })) {
    found.update(`${line}\n`)
    count += 1
  }
  return count === rounds && found.digest('hex') === digest
}

async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r')
  await handle.sync()
  await handle.close()
}

const HELP = `Usage: DATABASE_URL=mysql://user:password@host:3306/database npm run archive -- --dir FOLDER [--keep-days 90]

Takes the rounds of matches that began more than so many days ago out of MySQL, a week at a time, into FOLDER/rounds-<from>-<to>.jsonl.gz.
Matches, ratings and tallies stay. Rounds go on being recorded meanwhile. Repeat it every day: it also makes the partitions ahead.
The first run partitions the table, which copies it: the recorders wait for that.
The user needs the rights of caiquan_migrate (ops/mysql/users.sql.template).
`

async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { dir: { type: 'string' }, 'keep-days': { type: 'string', default: '90' }, help: { type: 'boolean' } },
  })
  const url = process.env['DATABASE_URL']
  if (values.help || !values.dir || !url) {
    process.stdout.write(HELP)
    return values.help ? 0 : 1
  }
  try {
    const weeks = await archive(url, {
      dir: values.dir,
      keepDays: Number(values['keep-days']),
      log: (line) => void process.stdout.write(`${line}\n`),
    })
    process.stdout.write(
      weeks.length === 0 ? 'Nothing to archive.\n' : `Archived ${weeks.reduce((sum, { rounds }) => sum + rounds, 0)} rounds.\n`,
    )
    return 0
  } catch (error) {
    if (!(error instanceof ArchiveError)) throw error
    process.stderr.write(`${error.message}\n`)
    return 1
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2))
