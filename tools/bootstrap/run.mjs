import { spawnSync } from 'node:child_process'
import { accessSync, closeSync, constants, openSync, readFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The repository's root. */
export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..')

/** Something that the user has to do; the message says what. */
export class Failure extends Error {}

export const print = (line) => process.stdout.write(`${line}\n`)

/** Runs a program and passes its output through. Returns whether it succeeded. */
export function run(command, args, env = {}) {
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } })
  return status === 0
}

/** Runs a program whose long output goes to a file. Returns whether it succeeded; prints the end of the file if not. */
export function runLogged(file, command, args) {
  const log = openSync(file, 'a')
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', log, log] })
  closeSync(log)
  if (status === 0) return true
  print(error?.message ?? readFileSync(file, 'utf8').trimEnd().split('\n').slice(-20).join('\n'))
  return false
}

/** Runs a program silently. Returns its output, or null if it failed or does not exist. */
export function ask(command, args) {
  const { status, stdout } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout : null
}

/** The path of a program or null. Daemons are in folders outside an ordinary user's PATH. */
export function lookUp(name) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']
  for (const folder of folders.filter(Boolean)) {
    const file = join(folder, name)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {
      // Not here: try the next folder.
    }
  }
  return null
}
