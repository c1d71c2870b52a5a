import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** The file that ships. */
export const MINI_PROGRAM_FILE = join(root, 'miniprogram_dist/index.js')
/** The entry for WeChat cloud hosting beside it. */
export const CLOUD_FILE = join(root, 'miniprogram_dist/cloud.js')

const newest = (folder: string): number =>
  Math.max(
    ...readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )

/** Whether a file of the package exists and is newer than all sources. */
export function isBuilt(file: string): boolean {
  const path = join(root, file)
  return existsSync(path) && statSync(path).mtimeMs > Math.max(newest(join(root, 'src')), newest(join(root, 'build')))
}

/** Builds the bundles if a source is newer than they are. */
export function ensureBuilt(): void {
  if (isBuilt('miniprogram_dist/index.js')) return
  execFileSync(process.execPath, [join(root, 'build/build.ts'), '--js'], { stdio: 'pipe' })
}
