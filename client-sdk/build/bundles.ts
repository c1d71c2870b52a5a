/** How the sources become files, shared by the build and by the test that measures what an import costs. */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { rolldown, type InputOptions, type OutputOptions, type Plugin } from 'rolldown'
import { ERRORS } from '../src/errors.ts'

export const ROOT = dirname(import.meta.dirname)
const require = createRequire(import.meta.url)

/** What a team can import: the root, and each layer alone. */
export const ENTRIES = ['index', 'connection', 'login', 'transport', 'cloud'] as const
export type Entry = (typeof ENTRIES)[number]
export const sourceOf = (entry: Entry): string => join(ROOT, 'src', `${entry}.ts`)

/** The packages that the bundles contain, whole, as published. */
export const INSIDE = ['socket.io-client', 'engine.io-client', 'socket.io-parser', 'engine.io-parser', '@socket.io/component-emitter']

/** Not every package exports its package.json, but every main file is inside its folder. */
export const packageFolder = (name: string): string => {
  const path = require.resolve(name)
  const marker = join('node_modules', name)
  return path.slice(0, path.lastIndexOf(marker) + marker.length)
}

const globals = join(import.meta.dirname, 'globals.ts')

/** What a mini program does not have: code that uses it is removed. */
const ABSENT =
  'TransformStream TextEncoder TextDecoder Blob File FileReader XMLHttpRequest WebTransport location navigator document window self ' +
  'localStorage addEventListener'

/** Modules of ours that have a smaller form in mini programs. */
const SMALLER: Record<string, string> = {
  [join(ROOT, 'src/host/web.ts')]: join(import.meta.dirname, 'mini-program/web.ts'),
  [join(ROOT, 'src/transport/web-transport.ts')]: join(import.meta.dirname, 'mini-program/web-transport.ts'),
  [join(ROOT, 'src/errors.ts')]: join(import.meta.dirname, 'mini-program/errors.ts'),
}
const smaller: Plugin = {
  name: 'mini-program',
  resolveId: (id, importer) =>
    importer && id.startsWith('.') && !importer.includes('mini-program') ? (SMALLER[join(dirname(importer), id)] ?? null) : null,
}
const codes = (temporary: boolean): string =>
  JSON.stringify(
    Object.entries(ERRORS)
      .filter(([, error]) => error.temporary === temporary)
      .map(([code]) => code)
      .join(' '),
  )

/** Where the bundle is going to run. */
export type Place = 'anywhere' | 'mini program'

const inputOptions = (input: InputOptions['input'], place: Place): InputOptions => ({
  input: input ?? [],
  platform: 'browser',
  // tsconfig says how to check the sources, not how to lower them.
  tsconfig: false,
  plugins: place === 'mini program' ? [smaller] : [],
  resolve: { alias: { './globals.node.js': globals, '../globals.node.js': globals } },
  transform: {
    target: 'es2017',
    assumptions: { setPublicClassFields: true, noDocumentAll: true },
    typescript: { removeClassFieldsWithoutInitializer: true },
    define:
      place === 'mini program'
        ? Object.assign(Object.fromEntries(ABSENT.split(' ').map((name) => [name, 'undefined'])), {
            TEMPORARY: codes(true),
            FINAL: codes(false),
          })
        : {},
  },
})

/** Bundles, and returns the resulting files. */
export async function bundle(input: InputOptions['input'], output: OutputOptions, place: Place = 'anywhere') {
  const build = await rolldown(inputOptions(input, place))
  const result = await build.generate(output)
  await build.close()
  return result.output
}
