import { lookUp } from './programs.ts'

/**
 * A command that runs the given one so that it gets a signal when this process dies, however that happens. The kernel goes by the thread:
 * spawn it from a thread that lives as long as the process, not from a worker.
 */
export function boundToParent(command: string, args: string[], signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): [string, string[]] {
  const setpriv = lookUp('setpriv')
  return setpriv ? [setpriv, ['--pdeathsig', signal.slice(3), '--', command, ...args]] : [command, args]
}
