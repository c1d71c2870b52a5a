import type { ChildProcess } from 'node:child_process'

/** Its exit code; 1 if a signal ended it. */
export function endOf(child: ChildProcess): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('exit', (code) => resolve(code ?? 1))
  return promise
}
