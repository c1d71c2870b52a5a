// A lock without a library: it is held while `npm ci` empties and fills node_modules, so nothing can be imported from there yet. For the
// same reason it is plain JavaScript that shares nothing with tools/cluster/data-lock.ts: the machine's Node may not run TypeScript.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Failure, ROOT, print } from './run.mjs'

const POLL_MS = 50
const WAIT_MS = 15 * 60_000
/** A bootstrap that has nothing to do ends before anybody needs a message. */
const TELL_MS = 1000
/** An owner writes its id at once: a lock without an id for longer than this lost its owner in between, ms. */
const NAMELESS_MS = 5000

/**
 * Runs one bootstrap at a time in this checkout. `npm ci` empties node_modules, so the lock is elsewhere.
 * @returns a function that releases the lock
 */
export function lock() {
  const folder = join(ROOT, '.data/bootstrap.lock')
  const owner = join(folder, 'pid')
  mkdirSync(join(ROOT, '.data'), { recursive: true, mode: 0o700 })
  const deadline = Date.now() + WAIT_MS
  let told = false
  while (!take(folder)) {
    if (isStale(folder, owner)) {
      rmSync(folder, { recursive: true, force: true })
      continue
    }
    if (Date.now() > deadline) throw new Failure(`Another bootstrap holds ${folder}. If none runs, remove that folder.`)
    if (!told && Date.now() > deadline - WAIT_MS + TELL_MS) {
      print('Another bootstrap is working on this checkout: waiting for it.')
      told = true
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, POLL_MS)
  }
  writeFileSync(owner, String(process.pid))
  return () => rmSync(folder, { recursive: true, force: true })
}

function take(folder) {
  try {
    mkdirSync(folder)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function isStale(folder, owner) {
  try {
    const pid = Number(readFileSync(owner, 'utf8'))
    if (pid > 0) return !isAlive(pid)
  } catch {
    // The lock has no id yet, or is gone by now.
  }
  const since = statSync(folder, { throwIfNoEntry: false })?.mtimeMs
  return since !== undefined && Date.now() - since > NAMELESS_MS
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
