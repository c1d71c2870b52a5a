import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isBuilt } from './built.ts'

const root = join(import.meta.dirname, '../..')
const require = createRequire(import.meta.url)
export const TSC = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')

/** The whole package as it is published, types included. One test file at a time builds it. */
export async function ensurePackage(): Promise<void> {
  const lock = join(tmpdir(), `caiquan-client-build-${createHash('sha1').update(root).digest('hex').slice(0, 8)}`)
  for (let tries = 0; tries < 600; tries++) {
    try {
      mkdirSync(lock)
      break
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  try {
    if (isBuilt('dist/types/index.d.ts')) return
    execFileSync(process.execPath, [join(root, 'build/build.ts')], { stdio: 'pipe' })
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** A project that has installed the package and nothing else; `compile` answers what the compiler says against it. */
export interface Consumer {
  folder: string
  compile(files: Record<string, string>, options?: object): string
  remove(): void
}

export function makeConsumer(): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'caiquan-consumer-'))
  const modules = join(folder, 'node_modules')
  mkdirSync(modules)
  symlinkSync(root, join(modules, 'caiquan-client'))
  const typings = dirname(require.resolve('miniprogram-api-typings/package.json'))
  symlinkSync(typings, join(modules, 'miniprogram-api-typings'))
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  return {
    folder,
    compile(files, options = {}) {
      for (const [name, source] of Object.entries(files)) writeFileSync(join(folder, name), source)
      const compilerOptions = {
        target: 'es2017',
        lib: ['es2017'],
        module: 'preserve',
        moduleResolution: 'bundler',
        types: [],
        strict: true,
        noEmit: true,
        preserveSymlinks: true,
        ...options,
      }
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: Object.keys(files) }))
      const { stdout } = spawnSync(process.execPath, [TSC, '-p', folder], { cwd: folder, encoding: 'utf8' })
      return stdout
    },
    remove: () => {
      if (existsSync(folder)) rmSync(folder, { recursive: true })
    },
  }
}
