import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

/**
 * MySQL's own server in place of MariaDB: the path of `mysqld` 8.4 or newer in `CAIQUAN_MYSQLD`, with `mysql`, `mysqldump` and
 * `mysqlbinlog` beside it for the tests that need them. Null means MariaDB.
 */
export const mysqldPath = (): string | null => process.env['CAIQUAN_MYSQLD'] || null

/** Creates an empty data folder. */
export async function initialiseMysql(mysqld: string, args: string[], cwd: string): Promise<void> {
  await promisify(execFile)(mysqld, ['--no-defaults', ...args, '--initialize-insecure'], { cwd, maxBuffer: 8 * 1024 * 1024 })
}

/** Options that MariaDB names differently or does not need. */
export const mysqlArguments = (binaryLog: boolean): string[] => [
  '--mysqlx=OFF',
  // Debian's default is a folder that only its package creates.
  '--secure-file-priv=NULL',
  '--innodb-redo-log-capacity=64M',
  // As in managed MySQL: a restore must work with GTIDs.
  ...(binaryLog ? ['--log-bin=binlog', '--server-id=1', '--gtid-mode=ON', '--enforce-gtid-consistency=ON'] : ['--skip-log-bin']),
]

/** The account without a password that a new data folder has; those that belong to MySQL itself are locked. */
export const removeInitialAccounts = "DROP USER IF EXISTS 'root'@'localhost'"
