/** Keeps the node on one core. Off: wherever the kernel puts it. */
import { execFileSync } from 'node:child_process'
import { cpus } from 'node:os'
import type { Toggle } from '../toggle-clock.ts'

const run = (cores: string): void => void execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(process.pid)])

export const toggle: Toggle = {
  on: () => run('0'),
  off: () => run(`0-${cpus().length - 1}`),
}
