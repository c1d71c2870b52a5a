/** Packages that only a load test or a benchmark needs: each has a folder with its own lockfile and is installed when it is first used. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { endOf } from './processes.ts'

export interface OptionalPackage {
  /** The folder with package.json and package-lock.json. */
  home: string
  /** The package that shows whether the folder is installed. */
  name: string
  /** About how much disk space it takes, as text. */
  size: string
  env?: Record<string, string>
}

interface Versions {
  version?: string
  dependencies?: Record<string, string>
}
const read = (file: string): Versions => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Versions
  } catch {
    return {}
  }
}

/** The wanted version, and whether it is installed. */
function wanted({ home, name }: OptionalPackage): { version: string; present: boolean } {
  const version = read(join(home, 'package.json')).dependencies?.[name] ?? ''
  return { version, present: read(join(home, 'node_modules', name, 'package.json')).version === version }
}

/** Installs what the lockfile of the folder names, without running install scripts. @throws Error if npm fails */
export async function ensureInstalled(optional: OptionalPackage, print: (line: string) => void): Promise<void> {
  const { home, name, size, env = {} } = optional
  const { version, present } = wanted(optional)
  if (present) return
  print(`Installing ${name} ${version} (about ${size}, once)…`)
  const child = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: home,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const code = await endOf(child)
  if (code !== 0 || !wanted(optional).present)
    throw new Error(`npm could not install ${name} ${version} (code ${code}): the registry must be reachable.`)
}
