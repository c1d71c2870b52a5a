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
/** The TypeScript that API Extractor brings: the last one that knows the resolution `node10`. */
export const TSC_6 = join(root, '../node_modules/@microsoft/api-extractor/node_modules/typescript/bin/tsc')

/** The whole package as it is published, types included. Only one test file at a time builds it. */
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
    if (isBuilt('dist/types/index.d.ts') && isBuilt('dist/cjs/types/index.d.ts')) return
    execFileSync(process.execPath, [join(root, 'build/build.ts')], { stdio: 'pipe' })
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

/** A project that has installed the package and nothing else; `compile` returns the output of the compiler for it. */
export interface Consumer {
  folder: string
  compile(files: Record<string, string>, options?: object, tsc?: string): string
  /** The output of a program, including its errors. */
  run(source: string, kind: 'module' | 'commonjs'): string
  remove(): void
}

/** @param install puts the package into the folder; by default it is linked */
export function makeConsumer(install?: (folder: string) => void): Consumer {
  const folder = mkdtempSync(join(tmpdir(), 'caiquan-consumer-'))
  const modules = join(folder, 'node_modules')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  if (install) install(folder)
  mkdirSync(modules, { recursive: true })
  if (!install) symlinkSync(root, join(modules, 'caiquan-client'))
  const typings = dirname(require.resolve('miniprogram-api-typings/package.json'))
  symlinkSync(typings, join(modules, 'miniprogram-api-typings'))
  return {
    folder,
    compile(files, options = {}, tsc = TSC) {
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
      const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { cwd: folder, encoding: 'utf8' })
      return stdout
    },
    run(source, kind) {
      const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${kind}`, '-e', source], { cwd: folder, encoding: 'utf8' })
      return (stdout + stderr).trim()
    },
    remove: () => {
      if (existsSync(folder)) rmSync(folder, { recursive: true })
    },
  }
}
