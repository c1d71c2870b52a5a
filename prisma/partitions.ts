import type { Connection } from 'mariadb'

/**
 * The partitions of `Round`: one for each week by the day of the match's start, which is part of its key, so that (match, round) stays
 * unique whichever partition it is in; and `later`, for what comes after the last week. An empty `later` is split at no cost.
 */
export const WEEK = 7

/** Rounds of the days from `from` up to, but not including, `to`; days since the epoch, UTC. */
export interface Partition {
  name: string
  from: number
  to: number
}

const LATER = 'later'
const weekOf = (day: number): number => Math.floor(day / WEEK) * WEEK
const nameOf = (from: number): string => `week_${from}`
const clause = (from: number): string => `PARTITION ${nameOf(from)} VALUES LESS THAN (${from + WEEK})`
const LAST = `PARTITION ${LATER} VALUES LESS THAN MAXVALUE`

/** The existing weeks, oldest first; null if the table has no partitions yet. */
export async function readPartitions(connection: Connection): Promise<Partition[] | null> {
  const rows = await connection.query<{ name: string | null; bound: string | null }[]>(
    'SELECT partition_name AS name, partition_description AS bound FROM information_schema.partitions WHERE table_schema = ' +
      "DATABASE() AND table_name = 'Round' ORDER BY partition_ordinal_position",
  )
  if (rows.every(({ name }) => name === null)) return null
  return rows
    .filter(({ name }) => name !== LATER)
    .map(({ name, bound }) => ({ name: name ?? '', from: Number(bound) - WEEK, to: Number(bound) }))
}

/**
 * Makes sure that there is a partition for each week up to that of `upTo`. The first time, this copies the whole table, and nothing is
 * recorded meanwhile: events wait in Redis.
 */
export async function ensurePartitions(connection: Connection, today: number, upTo: number): Promise<void> {
  const known = await readPartitions(connection)
  if (known === null) {
    const [row] = await connection.query<{ first: number | null }[]>('SELECT MIN(day) AS first FROM Round')
    const weeks = weeksBetween(Math.min(row?.first ?? today, today), upTo)
    await connection.query(`ALTER TABLE Round PARTITION BY RANGE (day) (${[...weeks.map(clause), LAST].join(', ')})`)
    return
  }
  const weeks = weeksBetween(known.at(-1)?.to ?? weekOf(today), upTo)
  if (weeks.length > 0)
    await connection.query(`ALTER TABLE Round REORGANIZE PARTITION ${LATER} INTO (${[...weeks.map(clause), LAST].join(', ')})`)
}

function weeksBetween(first: number, last: number): number[] {
  const weeks: number[] = []
  for (let from = weekOf(first); from <= weekOf(last); from += WEEK) weeks.push(from)
  return weeks
}

const takenName = ({ from }: Partition): string => `RoundTaken_${from}`

/** Weeks that were detached from the table and not removed yet: an interrupted run left them. */
export async function readTaken(connection: Connection): Promise<Partition[]> {
  const rows = await connection.query<{ name: string }[]>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name LIKE 'RoundTaken\\_%' " +
      'ORDER BY table_name',
  )
  return rows.map(({ name }) => Number(name.split('_')[1])).map((from) => ({ name: nameOf(from), from, to: from + WEEK }))
}

/**
 * Detaches the rows of a week from `Round` into a table of their own, at once and whole: nobody can write to them any more. Returns its
 * name.
 */
export async function takeOut(connection: Connection, partition: Partition): Promise<string> {
  const table = takenName(partition)
  await connection.query(`CREATE TABLE \`${table}\` LIKE Round`)
  await connection.query(`ALTER TABLE \`${table}\` REMOVE PARTITIONING`)
  await connection.query(`ALTER TABLE Round EXCHANGE PARTITION ${partition.name} WITH TABLE \`${table}\``)
  return table
}

export const takenTable = takenName

/** Drops a week that is empty. A round that was recorded late keeps it: the next run archives that round as well. */
export async function dropIfEmpty(connection: Connection, { name }: Partition): Promise<boolean> {
  await connection.query('LOCK TABLES Round WRITE')
  try {
    const [row] = await connection.query<{ rounds: bigint }[]>(`SELECT COUNT(*) AS rounds FROM Round PARTITION (${name})`)
    if (Number(row?.rounds) > 0) return false
    await connection.query(`ALTER TABLE Round DROP PARTITION ${name}`)
    return true
  } finally {
    await connection.query('UNLOCK TABLES')
  }
}
