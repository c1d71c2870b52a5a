/** What the programs behind `npm start`, `npm run chaos` and `npm run load` have in common. */
import { NotReadyError } from './cluster/readiness.ts'
import { ServiceError } from './services/process.ts'
import { MissingProgramError } from './services/programs.ts'
import { UsageError } from './command-line.ts'

/** npm may pass on a Ctrl-C that the terminal has sent here too: so soon after the first it is the same one. */
const SAME_SIGNAL_MS = 500

/** At the first Ctrl-C, SIGTERM or SIGHUP an orderly stop begins; a second one ends everything at once, and the process with 130. */
export function onStopSignals(begin: () => void, endNow: () => Promise<void>): void {
  let since = 0
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (since === 0) {
        since = performance.now()
        begin()
      } else if (performance.now() - since > SAME_SIGNAL_MS) {
        void endNow().finally(() => process.exit(130))
      }
    })
  }
}

type ErrorClass = new (...args: never[]) => Error

/** Errors whose message says what to do: no stack is printed. */
const EXPECTED: ErrorClass[] = [UsageError, ServiceError, MissingProgramError, NotReadyError]

/** Runs a program to its exit code. @param expected further errors whose message is enough */
export async function runCommand(main: () => Promise<number>, expected: ErrorClass[] = []): Promise<void> {
  // The reader of our output may be gone before us.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  try {
    process.exitCode = await main()
  } catch (error) {
    if (error instanceof Error && [...EXPECTED, ...expected].some((kind) => error instanceof kind))
      process.stderr.write(`${error.message}\n`)
    else console.error(error)
    process.exitCode = 1
  }
}
