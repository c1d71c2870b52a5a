import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { tempDir } from '../support/temp.ts'

const REAL = join(import.meta.dirname, '../..')

/** A checkout with one package, whose npm and generator only record that they ran. */
let root: string
beforeEach(() => {
  root = tempDir('checkout')
  for (const folder of ['prisma', 'tools']) mkdirSync(join(root, folder))
  cpSync(join(REAL, 'tools/bootstrap.mjs'), join(root, 'tools/bootstrap.mjs'))
  cpSync(join(REAL, 'tools/bootstrap'), join(root, 'tools/bootstrap'), { recursive: true })
  put('prisma/schema.prisma', 'model A')
  put(
    'prisma/generate.mjs',
    `import { appendFileSync, mkdirSync } from 'node:fs'
    appendFileSync('tools/log', 'generate ')
    mkdirSync('prisma/generated', { recursive: true })`,
  )
  put(
    'tools/npm.js',
    `const fs = require('node:fs')
    fs.appendFileSync('tools/log', 'npm-' + process.argv[2] + ' ')
    if (fs.existsSync('tools/fail')) process.exit(1)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    fs.rmSync('node_modules', { recursive: true, force: true })
    fs.mkdirSync('node_modules/node/bin', { recursive: true })
    fs.symlinkSync(process.env.REAL_NODE, 'node_modules/node/bin/node')
    fs.copyFileSync('package-lock.json', 'node_modules/.package-lock.json')`,
  )
  lock('1.0.0')
})

const put = (file: string, text: string): void => writeFileSync(join(root, file), text)
const lock = (version: string, extra: object = {}): void =>
  put('package-lock.json', JSON.stringify({ packages: { '': {}, 'node_modules/node': { version, integrity: version }, ...extra } }))
/** The programs that ran since the last time. */
function ran(): string[] {
  const log = join(root, 'tools/log')
  const words = existsSync(log) ? readFileSync(log, 'utf8').trim().split(' ') : []
  rmSync(log, { force: true })
  return words
}

function bootstrap(...args: string[]): Promise<{ code: number; output: string; ms: number }> {
  const begun = performance.now()
  const env = { PATH: process.env['PATH'], npm_execpath: join(root, 'tools/npm.js'), REAL_NODE: process.execPath }
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, 'tools/bootstrap.mjs'), ...args], { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, output: stdout + stderr, ms: performance.now() - begun })
    })
  })
}

test('a fresh checkout gets its packages and its client; the next run does nothing and prints nothing', async () => {
  const first = await bootstrap()
  expect(first).toMatchObject({ code: 0, output: expect.stringContaining('Installing npm packages') })
  expect(ran()).toEqual(['npm-ci', 'generate'])
  const second = await bootstrap()
  expect(second).toMatchObject({ code: 0, output: '' })
  expect(ran()).toEqual([])
})

test('other packages in the lock file are installed', async () => {
  await bootstrap()
  ran()
  lock('2.0.0')
  await bootstrap()
  expect(ran()).toEqual(['npm-ci'])
})

test('packages that `npm install` has installed already are left alone', async () => {
  await bootstrap()
  ran()
  lock('1.0.0', { 'node_modules/added': { version: '1', integrity: 'x' }, 'node_modules/windows-only': { version: '1', optional: true } })
  put(
    'node_modules/.package-lock.json',
    JSON.stringify({
      packages: { 'node_modules/node': { version: '1.0.0', integrity: '1.0.0' }, 'node_modules/added': { version: '1', integrity: 'x' } },
    }),
  )
  expect((await bootstrap()).code).toBe(0)
  expect(ran()).toEqual([])
})

test('a changed schema is generated again', async () => {
  await bootstrap()
  ran()
  put('prisma/schema.prisma', 'model B')
  await bootstrap()
  expect(ran()).toEqual(['generate'])
})

test('two runs at once do the work once', async () => {
  const results = await Promise.all([bootstrap(), bootstrap(), bootstrap()])
  expect(results.map(({ code }) => code)).toEqual([0, 0, 0])
  expect(ran()).toEqual(['npm-ci', 'generate'])
})

test('the lock of a run that was killed blocks no other run', async () => {
  mkdirSync(join(root, '.data/bootstrap.lock'), { recursive: true })
  put('.data/bootstrap.lock/pid', '999999999')
  expect((await bootstrap()).code).toBe(0)
  expect(existsSync(join(root, '.data/bootstrap.lock'))).toBe(false)
})

test('a failure of npm is reported, and the next run tries again', async () => {
  put('tools/fail', '')
  expect(await bootstrap()).toMatchObject({ code: 1, output: expect.stringContaining('npm ci failed') })
  ran()
  rmSync(join(root, 'tools/fail'))
  expect((await bootstrap()).code).toBe(0)
  expect(ran()).toEqual(['npm-ci', 'generate'])
})

test('a Node that npm could not install is installed again', async () => {
  await bootstrap()
  ran()
  rmSync(join(root, 'node_modules/node/bin/node'))
  symlinkSync('/nowhere', join(root, 'node_modules/node/bin/node'))
  expect((await bootstrap()).code).toBe(0)
  expect(ran()[0]).toBe('npm-ci')
})

test('a wrong flag is refused, and help is printed', async () => {
  expect(await bootstrap('--service')).toMatchObject({ code: 1, output: expect.stringContaining('Unknown option --service') })
  expect(await bootstrap('--help')).toMatchObject({ code: 0, output: expect.stringContaining('Usage:') })
  expect(ran()).toEqual([])
})
