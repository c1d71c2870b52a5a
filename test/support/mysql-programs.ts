import { dirname, join } from 'node:path'
import { mysqldPath } from '../../tools/services/mysqld.ts'
import { findProgram } from '../../tools/services/programs.ts'

const MARIADB: Record<string, string> = { mysql: 'mariadb', mysqldump: 'mariadb-dump', mysqlbinlog: 'mariadb-binlog' }

/** A client program of the server that the tests run on: MariaDB's of Debian, or the one beside `CAIQUAN_MYSQLD`. */
export function mysqlProgram(name: string): string {
  const mysqld = mysqldPath()
  return mysqld ? join(dirname(mysqld), name) : findProgram(MARIADB[name] ?? name)
}
