import { randomBytes } from 'node:crypto'
import { createConnection } from 'mariadb'
import { inject } from 'vitest'
import { connectionOptions } from '../../prisma/connection.ts'

export interface TestDatabase {
  url: string
  name: string
  drop(): Promise<void>
}

/** An empty database of its own in the MariaDB that the run shares. */
export async function testDatabase(): Promise<TestDatabase> {
  const { rootUrl } = inject('mariadb')
  const name = `caiquan_${randomBytes(6).toString('hex')}`
  const run = async (sql: string): Promise<void> => {
    const connection = await createConnection(connectionOptions(rootUrl))
    await connection.query(sql)
    await connection.end()
  }
  await run(`CREATE DATABASE ${name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`)
  return { name, url: `${rootUrl.replace('//root:', '//caiquan:')}/${name}`, drop: () => run(`DROP DATABASE IF EXISTS ${name}`) }
}
