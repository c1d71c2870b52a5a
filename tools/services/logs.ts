import { closeSync, openSync, readSync, renameSync, statSync } from 'node:fs'

const TAIL_BYTES = 16 * 1024
const LIMIT_BYTES = 20 * 1024 * 1024

/** Bytes of a log; 0 if there is none. */
export const logSize = (file: string): number => statSync(file, { throwIfNoEntry: false })?.size ?? 0

/**
 * The last lines of a log, indented and with a heading, to be appended to an error message.
 * @param from byte to start at: where the present run began to write
 */
export function logTail(file: string, from = 0, lines = 15): string {
  const end = logSize(file)
  const start = Math.max(from, end - TAIL_BYTES)
  if (end <= start) return ` Its log ${file} says nothing.`
  const buffer = Buffer.alloc(end - start)
  const fd = openSync(file, 'r')
  try {
    readSync(fd, buffer, 0, buffer.length, start)
  } finally {
    closeSync(fd)
  }
  const tail = buffer.toString('utf8').trimEnd().split('\n').slice(-lines)
  return ` The end of ${file}:\n${tail.map((line) => `  ${line}`).join('\n')}`
}

/** Renames a log that has grown large, replacing the one that was renamed before. Only while nobody writes to it. */
export function rotate(file: string): void {
  if (logSize(file) > LIMIT_BYTES) renameSync(file, `${file}.1`)
}
