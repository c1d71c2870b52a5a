import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian keeps daemons; an ordinary user's PATH lacks these folders. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/local/bin', '/usr/bin', '/bin']

/** A program that is not installed; the message says how to install it. */
export class MissingProgramError extends Error {
  override readonly name = 'MissingProgramError'
  constructor(names: string[]) {
    super(`${names.join(' or ')} is not installed. Run \`node tools/bootstrap.mjs --services\`, which installs what is missing.`)
  }
}

/** The absolute path of the first of these programs that exists, or null. */
export function lookUp(...names: string[]): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SYSTEM_FOLDERS].filter(Boolean)
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name)
      try {
        accessSync(file, constants.X_OK)
        return file
      } catch {
        // Not here: try the next folder.
      }
    }
  }
  return null
}

/** As `lookUp`. @throws MissingProgramError */
export function findProgram(...names: string[]): string {
  const file = lookUp(...names)
  if (!file) throw new MissingProgramError(names)
  return file
}
