/** Parses the command lines of programs. */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { gameNames } from '../server/src/game.ts'

/** The user's input is wrong; the message says how. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** `parseArgs` with readable errors. @param command what the user typed before the flags @throws UsageError */
export function parseCommandLine<T extends ParseArgsConfig>(command: string, config: T): ReturnType<typeof parseArgs<T>> {
  try {
    return parseArgs(config)
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('. ')[0] : String(error)
    throw new UsageError(`${reason}. See ${command} -- --help.`, { cause: error })
  }
}

/**
 * A number, both bounds included.
 * @param source the flag or variable that it comes from
 * @throws UsageError
 */
export function readNumber(source: string, text: string, min: number, max: number, { whole = true } = {}): number {
  const value = /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value)))
    throw new UsageError(`${source} must be a ${whole ? 'whole ' : ''}number from ${min} to ${max}, not "${text}".`)
  return value
}

/** @throws UsageError if there is no such game */
export function readGame(name: string): string {
  if (!gameNames().includes(name)) throw new UsageError(`There is no game "${name}"; there are ${gameNames().join(', ')}.`)
  return name
}

/** For programs that are one script: ends the process with the help (0) if `read` returns null, or with the error (2). */
export function readOrExit<T>(help: string, read: () => T | null): T {
  try {
    const options = read()
    if (options !== null) return options
    process.stdout.write(help)
    process.exit(0)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n\n${help}`)
    process.exit(2)
  }
}
