import { readFileSync } from 'node:fs'

/** Whether a process with this id exists (another user's counts). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}

/**
 * When a process started, in clock ticks since boot: together with its id this identifies the process for good, although ids are reused.
 * Null if there is no such process or no /proc.
 */
export function startTime(pid: number): string | null {
  try {
    // The second field is the name in parentheses and may contain anything; the start is the 20th after it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** The command line of a process, arguments separated by spaces; empty if there is none. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
  } catch {
    return ''
  }
}
