/**
 * `mysql`, `mysqldump` and `mysqlbinlog` of MySQL 8.4 by means of MariaDB's, which the tests have. Only names differ, and this maps them:
 *
 *   --source-data=N                      --master-data=N
 *                                        and the same lock: MySQL's dump takes it to note its position, which needs RELOAD
 *   --set-gtid-purged=OFF, --skip-gtids  nothing: MariaDB writes no GTIDs of MySQL's kind
 *   ssl-mode=PREFERRED in option files   nothing; any other mode: ssl-verify-server-cert
 *   RETAIN CURRENT PASSWORD              nothing, and DISCARD OLD PASSWORD changes nothing: MariaDB has one password per user
 *
 * Called with the name of the program and its arguments.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mysqlProgram } from './mysql-programs.ts'

const [name = '', ...args] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'caiquan-mysql-'))

function optionFile(path: string): string {
  const copy = join(folder, 'options.cnf')
  writeFileSync(
    copy,
    readFileSync(path, 'utf8').replace(/^ssl-mode=(.*)$/m, (_, mode) => (mode === 'PREFERRED' ? '' : 'ssl-verify-server-cert')),
    { mode: 0o600 },
  )
  return copy
}

const mapped = args.flatMap((arg) => {
  if (arg === '--set-gtid-purged=OFF' || arg === '--skip-gtids') return []
  if (arg.startsWith('--source-data=')) return [arg.replace('source', 'master')]
  if (arg.startsWith('--defaults-extra-file=')) return [`--defaults-extra-file=${optionFile(arg.slice(arg.indexOf('=') + 1))}`]
  return [arg.replace(/ RETAIN CURRENT PASSWORD/g, '').replace(/^ALTER USER \S+ DISCARD OLD PASSWORD$/, 'DO 0')]
})
try {
  const options = mapped.find((arg) => arg.startsWith('--defaults-extra-file=')) ?? '--no-defaults'
  if (name === 'mysqldump' && args.some((arg) => arg.startsWith('--source-data='))) {
    const { status } = spawnSync(mysqlProgram('mysql'), [options, '-e', 'FLUSH LOCAL TABLES; FLUSH TABLES WITH READ LOCK; UNLOCK TABLES'], {
      stdio: 'inherit',
    })
    if (status !== 0) throw new Error('mysqldump may not lock the tables')
  }
  const { status, error } = spawnSync(mysqlProgram(name), mapped, { stdio: 'inherit' })
  if (error) throw error
  process.exitCode = status ?? 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
