/** docs/your-own-server.md, followed to the letter by a project that has installed the package and Socket.IO. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ensurePackage, makeConsumer, type Consumer } from '../support/consumer.ts'

const PAGE = readFileSync(join(import.meta.dirname, '../../../docs/your-own-server.md'), 'utf8')
const files = Object.fromEntries(
  [...PAGE.matchAll(/^```ts (own-server\/\S+)\n(.*?)^```$/gms)].map(([, file = '', text = '']) => [file, text]),
)
const require = createRequire(import.meta.url)
let consumer: Consumer

beforeAll(async () => {
  await ensurePackage()
  consumer = makeConsumer()
  mkdirSync(join(consumer.folder, 'node_modules/@types'))
  for (const [name, target] of [
    ['socket.io', dirname(require.resolve('socket.io/package.json'))],
    ['@types/node', dirname(require.resolve('@types/node/package.json'))],
  ] as const) {
    symlinkSync(target, join(consumer.folder, 'node_modules', name))
  }
  mkdirSync(join(consumer.folder, 'own-server'))
}, 60_000)
afterAll(() => consumer.remove())

test('the server and the client of the page compile', () => {
  expect(Object.keys(files)).toEqual(['own-server/server.ts', 'own-server/client.ts', 'own-server/try.ts'])
  // The folders of Socket.IO and of Node's types are links: their dependencies lie beside the targets of the links.
  const options = {
    types: ['node'],
    allowImportingTsExtensions: true,
    preserveSymlinks: false,
    skipLibCheck: true,
    target: 'es2022',
    lib: ['es2022'],
  }
  expect(consumer.compile(files, options)).toBe('')
})

test('they print the output that the page shows', () => {
  for (const [file, text] of Object.entries(files)) writeFileSync(join(consumer.folder, file), text)
  const printed = execFileSync(process.execPath, ['own-server/try.ts'], { cwd: consumer.folder, encoding: 'utf8', timeout: 10_000 }).trim()
  expect(PAGE).toContain(`prints \`${printed}\`.`)
})
