/**
 * Builds what is published: `miniprogram_dist/index.js` (one CommonJS file, ES2017, for 构建 npm),
 * `dist/index.js` (the same as ESM, readable, with the hosts for browsers and Node) and `dist/types`.
 * Prints the size that a mini program pays, and fails if it is over the limit.
 *
 *   npm run build -w client-sdk            everything
 *   npm run build -w client-sdk -- --js    only the two bundles
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown, type Plugin } from 'rolldown'
import { minify } from 'terser'
import { ERRORS } from '../src/errors.ts'
import { CUTS, trim } from './cuts.ts'
import { INTERNAL_NAMES } from './names.ts'

const root = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)
/** What the whole client may weigh in a mini program, in bytes, gzipped. */
const LIMIT = 26_000

/** The official client's packages that the bundles contain, and what the bundles say of them. */
const INSIDE = ['socket.io-client', 'engine.io-client', 'socket.io-parser']
const NOTICE = '/*! Contains socket.io-client, (c) Guillermo Rauch and contributors, MIT: see THIRD-PARTY.txt */'

/** Not every package exports its package.json, but every main file lies below its folder. */
const packageFolder = (name: string): string => {
  const path = require.resolve(name)
  const marker = join('node_modules', name)
  return path.slice(0, path.lastIndexOf(marker) + marker.length)
}
const ENGINE = join(packageFolder('engine.io-client'), 'build/esm')
const CLIENT = join(packageFolder('socket.io-client'), 'build/esm')
const lean = (file: string): string => join(import.meta.dirname, 'lean', file)

/** Packages and modules of the official client that have a leaner stand-in. */
const LEAN: Record<string, string> = {
  '@socket.io/component-emitter': lean('emitter.ts'),
  'engine.io-parser': lean('engine-parser.ts'),
  [join(ENGINE, 'util.js')]: lean('engine-util.ts'),
  [join(ENGINE, 'globals.node.js')]: lean('engine-globals.ts'),
  [join(ENGINE, 'contrib/parseuri.js')]: lean('parse-uri.ts'),
  [join(ENGINE, 'contrib/parseqs.js')]: lean('parse-query.ts'),
  [join(CLIENT, 'contrib/backo2.js')]: lean('backoff.ts'),
}
/** What only the mini-program file does without: URLs relative to a page, and the other hosts. */
const LEAN_IN_MINI_PROGRAMS: Record<string, string> = {
  [join(CLIENT, 'url.js')]: lean('url.ts'),
  [join(root, 'src/host/web.ts')]: lean('no-web.ts'),
  [join(root, 'src/transport/web-transport.ts')]: lean('no-web.ts'),
}
/** The catalogue's messages come over the wire: the mini-program file has only what its code asks for. */
const CODES_ONLY = `
  export const ERRORS = {}
  for (const code of '${Object.entries(ERRORS)
    .map(([code, { temporary }]) => (temporary ? `${code}!` : code))
    .join(' ')}'.split(' '))
    ERRORS[code.replace('!', '')] = { temporary: /!/.test(code) }`

const leaner = (miniProgram: boolean): Plugin => ({
  name: 'leaner',
  resolveId(id, importer) {
    const standIns = miniProgram ? { ...LEAN, ...LEAN_IN_MINI_PROGRAMS } : LEAN
    // The plain builds of the official client, not those with `debug` that Node would get.
    const found = /^(socket\.io-(client|parser)|engine\.io-client)$/.test(id)
      ? join(packageFolder(id), 'build/esm/index.js')
      : importer && id.startsWith('.')
        ? join(dirname(importer), id)
        : id
    return standIns[found] ?? (found === id ? null : found)
  },
  load: (id) => (miniProgram && id === join(root, 'src/errors.ts') ? { code: CODES_ONLY, moduleType: 'js' } : null),
  transform(code, id) {
    for (const [file, cuts] of Object.entries(CUTS)) if (id.endsWith(file)) return trim(file, code, cuts)
    return null
  },
})

async function bundle(file: string, miniProgram: boolean): Promise<string> {
  const build = await rolldown({
    input: join(root, 'src/index.ts'),
    platform: 'neutral',
    // Those say how to check the sources, not how to lower them.
    tsconfig: false,
    plugins: [leaner(miniProgram)],
    transform: {
      target: 'es2017',
      assumptions: { setPublicClassFields: true, noDocumentAll: true },
      typescript: { removeClassFieldsWithoutInitializer: true },
      // A mini program has none of these.
      define: miniProgram ? { Blob: 'undefined', File: 'undefined', location: 'undefined' } : {},
    },
  })
  const { output } = await build.generate({
    format: miniProgram ? 'cjs' : 'es',
    exports: 'named',
    codeSplitting: false,
    generatedCode: { symbols: false },
    minify: miniProgram && !process.env.NOMIN && {
      compress: true,
      mangle: { toplevel: true },
      mangleProps: { include: INTERNAL_NAMES, exclude: /^_placeholder$/, quoted: true },
    },
  })
  await build.close()
  const code = miniProgram ? await smaller(output[0].code) : output[0].code
  write(file, `${NOTICE}\n${code}`)
  return `${NOTICE}\n${code}`
}

/** Whole or not at all: test files may build at the same time. */
function write(file: string, content: string): void {
  const path = join(root, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(`${path}.${process.pid}`, content)
  renameSync(`${path}.${process.pid}`, path)
}

/** Makes `target` hold the files of `fresh` and no others; at no moment is one of them missing. */
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

/** What a second minifier still finds, some two hundred bytes. */
async function smaller(code: string): Promise<string> {
  const options = { ecma: 2017, toplevel: true } as const
  const result = await minify(code, { ...options, compress: { ...options, passes: 3 }, mangle: { toplevel: true } })
  return result.code ?? code
}

/** The licences of what is inside, as their authors ask for. */
function notices(): string {
  return INSIDE.map((name) => `${name}\n\n${readFileSync(join(packageFolder(name), 'LICENSE'), 'utf8').trim()}\n`).join('\n---\n\n')
}

const onlyJs = process.argv.includes('--js')
const code = await bundle('miniprogram_dist/index.js', true)
// The package is ESM; this one file is not.
write('miniprogram_dist/package.json', '{ "type": "commonjs" }\n')
await bundle('dist/index.js', false)
for (const folder of ['dist', 'miniprogram_dist']) write(`${folder}/THIRD-PARTY.txt`, notices())
if (!onlyJs) {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc')
  // Made aside and put in place file by file: nobody finds one missing, and what has no source any more goes.
  const fresh = join(root, `dist/types.${process.pid}`)
  execFileSync(process.execPath, [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', fresh], { stdio: 'inherit' })
  replaceTree(fresh, join(root, 'dist/types'))
}

const size = gzipSync(code, { level: 9 }).length
console.log(`miniprogram_dist/index.js: ${code.length} bytes, ${size} gzipped (limit ${LIMIT})`)
if (size > LIMIT) {
  console.error('The mini-program file is too large.')
  process.exitCode = 1
}
