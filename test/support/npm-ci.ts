import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { ROOT } from '../../tools/services/node.ts'
import { linkTree } from './link-tree.ts'

interface LockEntry {
  dev?: boolean
  optional?: boolean
  peer?: boolean
  devOptional?: boolean
  link?: boolean
  resolved?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const DEPENDENCIES = ['dependencies', 'devDependencies'] as const

/**
 * Works in `folder` as `npm ci` would, without a network: it installs exactly the packages that the lock file and the `--omit`
 * flags name, as hard links (copies on another file system) of those that this checkout has installed.
 * @throws Error if npm would refuse (package.json and the lock file differ) or a package is not installed here
 */
export function npmCi(folder: string, flags: string[]): void {
  const omits = (kind: string): boolean => flags.includes(`--omit=${kind}`)
  const lock = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as { packages: Record<string, LockEntry> }
  checkManifests(folder, lock.packages)
  const copied: string[] = []
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (!path.startsWith('node_modules/')) continue
    if (entry.link) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      symlinkSync(relative(dirname(path), entry.resolved ?? ''), join(folder, path))
      continue
    }
    const { dev, optional, peer, devOptional } = entry
    if (
      (dev && omits('dev')) ||
      (optional && omits('optional')) ||
      (peer && omits('peer')) ||
      (devOptional && omits('dev') && omits('optional'))
    )
      continue
    if (existsSync(join(ROOT, path))) copied.push(path)
    // Packages of other platforms are listed too.
    else if (!optional) throw new Error(`${path} is not installed`)
  }
  // Packages inside a package's node_modules have entries of their own.
  for (const path of copied) linkTree(join(ROOT, path), join(folder, path), ['node_modules'])
}

/** npm ci refuses to install if a manifest asks for something else than the lock file. */
function checkManifests(folder: string, packages: Record<string, LockEntry>): void {
  for (const [path, entry] of Object.entries(packages)) {
    if (path.includes('node_modules')) continue
    const manifest = JSON.parse(readFileSync(join(folder, path, 'package.json'), 'utf8')) as LockEntry
    for (const kind of DEPENDENCIES) {
      if (!isDeepStrictEqual({ ...manifest[kind] }, { ...entry[kind] })) {
        throw new Error(`${join(path, 'package.json')} and package-lock.json differ in ${kind}`)
      }
    }
  }
}
