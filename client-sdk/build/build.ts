/**
 * Builds the published files and prints their sizes:
 * - `miniprogram_dist/`: one CommonJS file for each entry, ES2017, minified, for 构建 npm
 * - `dist/esm/` and `dist/cjs/`: the same entries for bundlers, browsers, Node and Jest, readable
 * - `dist/types/` and `dist/cjs/types/`: the types of both
 *
 *   npm run build -w client-sdk             everything
 *   npm run build -w client-sdk -- --js     only the bundles
 *   npm run size -w client-sdk              compares with the last release (sizes.json), fails above the limit
 */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import type { OutputOptions } from 'rolldown'
import { bundle, ENTRIES, INSIDE, packageFolder, ROOT, sourceOf } from './bundles.ts'
import { kilobytes, measure } from './size.ts'

const require = createRequire(import.meta.url)
const NOTICE = '/*! Contains socket.io-client, (c) Guillermo Rauch and contributors, MIT: see THIRD-PARTY.txt */'

/** Completely or not at all: test files may build at the same time. */
function write(file: string, content: string): void {
  const path = join(ROOT, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, content)
  renameSync(`${path}.${process.pid}`, path)
}

/** Makes `target` hold the files of `fresh` and no others. At no moment is one of them missing. */
function replaceTree(fresh: string, target: string): void {
  const filesOf = (folder: string): string[] =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      : []
  const wanted = filesOf(fresh)
  for (const file of wanted) {
    mkdirSync(dirname(join(target, file)), { recursive: true })
    renameSync(join(fresh, file), join(target, file))
  }
  for (const file of filesOf(target)) if (!wanted.includes(file)) rmSync(join(target, file), { force: true })
  rmSync(fresh, { recursive: true, force: true })
}

const SELF_CONTAINED: OutputOptions = {
  format: 'cjs',
  exports: 'named',
  codeSplitting: false,
  generatedCode: { symbols: false },
  minify: true,
  sourcemap: 'hidden',
}

/** One self-contained file for each entry, as 构建 npm copies them. */
async function miniProgram(): Promise<void> {
  for (const entry of ENTRIES) {
    const [file, map] = await bundle(sourceOf(entry), SELF_CONTAINED, 'mini program')
    write(`miniprogram_dist/${entry}.js`, `${NOTICE}\n${file.code}`)
    if (map?.type === 'asset') write(`miniprogram_dist/${entry}.js.map`, shifted(String(map.source)))
  }
  // The package is ESM; these files are not.
  write('miniprogram_dist/package.json', '{ "type": "commonjs" }\n')
}

/** The source map, adapted for one more line at the top of the file. */
function shifted(map: string): string {
  const parsed = JSON.parse(map) as { mappings: string }
  return JSON.stringify({ ...parsed, mappings: `;${parsed.mappings}` })
}

/** All entries at once, so that what they share is included once. */
async function modules(format: 'es' | 'cjs'): Promise<void> {
  const folder = format === 'es' ? 'dist/esm' : 'dist/cjs'
  const input = Object.fromEntries(ENTRIES.map((entry) => [entry, sourceOf(entry)]))
  const files = await bundle(input, {
    format,
    exports: 'named',
    entryFileNames: '[name].js',
    chunkFileNames: 'shared-[name].js',
    sourcemap: true,
    generatedCode: { symbols: false },
  })
  for (const file of files) write(`${folder}/${file.fileName}`, file.type === 'chunk' ? file.code : String(file.source))
  if (format === 'cjs') write('dist/cjs/package.json', '{ "type": "commonjs" }\n')
  // Files of an earlier build, under names that this one does not use.
  const made = new Set(files.map(({ fileName }) => fileName))
  for (const name of readdirSync(join(ROOT, folder))) {
    if (/\.js(\.map)?$/.test(name) && !made.has(name)) rmSync(join(ROOT, folder, name), { force: true })
  }
}

function types(): void {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  // Built aside and moved into place file by file: no file is missing at any moment, and files without a source any more are removed.
  const fresh = join(ROOT, `dist/types.${process.pid}`)
  execFileSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', fresh], { stdio: 'inherit' })
  const copy = join(ROOT, `dist/cjs/types.${process.pid}`)
  mkdirSync(dirname(copy), { recursive: true })
  cpSync(fresh, copy, { recursive: true })
  replaceTree(copy, join(ROOT, 'dist/cjs/types'))
  replaceTree(fresh, join(ROOT, 'dist/types'))
}

/** The licences of the included packages, as their authors require. */
const notices = (): string =>
  INSIDE.map((name) => `${name}\n\n${readFileSync(join(packageFolder(name), 'LICENSE'), 'utf8').trim()}\n`).join('\n---\n\n')

await miniProgram()
await modules('es')
await modules('cjs')
// Where release 0.1 had its only module: paths into the package keep working.
write('dist/index.js', "export * from './esm/index.js'\n")
for (const folder of ['dist', 'miniprogram_dist']) write(`${folder}/THIRD-PARTY.txt`, notices())
if (!process.argv.includes('--js')) types()

for (const [entry, { raw, gzip }] of Object.entries(measure()))
  console.log(`miniprogram_dist/${entry}.js: ${kilobytes(raw)}, ${kilobytes(gzip)} gzipped`)
