import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DataLockedError, lockData } from '../../tools/cluster/data-lock.ts'
import { startTime } from '../../tools/services/alive.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-lock-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (text: string): void => writeFileSync(join(dir, 'lock'), text)

test('a folder can be locked again once it was released', () => {
  const lock = lockData(dir)
  expect(lock.wasStale).toBe(false)
  lock.release()
  lock.release()
  expect(readdirSync(dir)).toEqual([])
  lockData(dir).release()
})

test('a second process is told which one holds the lock, and changes nothing', () => {
  lockData(dir)
  const before = readFileSync(join(dir, 'lock'), 'utf8')
  expect(() => lockData(dir)).toThrow(DataLockedError)
  expect(() => lockData(dir)).toThrow(`process ${process.pid}`)
  expect(readFileSync(join(dir, 'lock'), 'utf8')).toBe(before)
  expect(readdirSync(dir)).toEqual(['lock'])
})

test('the lock of a process that died is taken over', () => {
  const { pid } = spawnSync('true')
  write(JSON.stringify({ pid, startTime: '1' }))
  const lock = lockData(dir)
  expect(lock.wasStale).toBe(true)
  expect(JSON.parse(readFileSync(join(dir, 'lock'), 'utf8'))).toEqual({ pid: process.pid, startTime: startTime(process.pid) })
  expect(readdirSync(dir)).toEqual(['lock'])
})

test('a process that has got the id of a dead owner does not count as the owner', () => {
  write(JSON.stringify({ pid: process.ppid, startTime: '1' }))
  expect(lockData(dir).wasStale).toBe(true)
})

test.each(['', 'nonsense', '{"pid":'])('a lock that says "%s" has no owner', (text) => {
  write(text)
  expect(lockData(dir).wasStale).toBe(true)
})

test("another owner's lock is not removed on release", () => {
  const lock = lockData(dir)
  write(JSON.stringify({ pid: process.ppid, startTime: startTime(process.ppid) }))
  lock.release()
  expect(existsSync(join(dir, 'lock'))).toBe(true)
})
