/** A Node that is too old says so in one line, instead of a stack or nothing at all. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'
import { runsTypeScript } from '../../server/src/check-node.mjs'

const LINE = /^Node\.js 24 is needed, this is \S+ \(.+\): [^\n]+\n$/
/** The output of this process's Node if it reports another version. */
const asVersion = (version: string, ...args: string[]) =>
  spawnSync(
    process.execPath,
    ['--import', `data:text/javascript,Object.defineProperty(process.versions, 'node', { value: '${version}' })`, ...args],
    { cwd: ROOT, encoding: 'utf8', env: { PATH: process.env['PATH'] } },
  )

test('a Node that strips types by default and has import.meta.main is new enough', () => {
  expect(['18.20.8', '20.20.2', '21.7.3', '22.6.0', '22.17.1', '23.11.1', '24.0.2', '24.1.0'].filter(runsTypeScript)).toEqual([])
  expect(['22.18.0', '24.2.0', '24.21.0', '25.0.0', '26.1.0'].filter((version) => !runsTypeScript(version))).toEqual([])
  expect(runsTypeScript(process.versions.node)).toBe(true)
})

test.each(['server/main.ts', 'server/main.ts recorder', 'server/src/recorder/rebuild.ts', 'prisma/migrate.ts', 'prisma/archive.ts --help'])(
  'node %s says so in one line, before anything else',
  (program) => {
    const { status, stdout, stderr } = asVersion('23.11.1', ...program.split(' '))
    expect(stderr).toMatch(LINE)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(asVersion('24.2.0', ...program.split(' ')).stderr).not.toMatch(LINE)
  },
)

test('server/main.ts is a script that any Node can read', () => {
  const type = (folder: string): unknown =>
    (JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8')) as { type?: unknown }).type
  expect([type('server'), type('server/src')]).toEqual(['commonjs', 'module'])
  const text = readFileSync(join(ROOT, 'server/main.ts'), 'utf8')
  expect(() => new Script(text, { filename: 'main.js' })).not.toThrow()
  expect([...text.matchAll(/import\('(.*?)'\)/g)].map(([, file]) => file)).toEqual(['./src/check-node.mjs', './src/main.ts'])
})

test('the check is the first import of every program that is run without npm', () => {
  for (const program of ['server/src/recorder/rebuild.ts', 'prisma/migrate.ts', 'prisma/archive.ts']) {
    expect(/^import .*/m.exec(readFileSync(join(ROOT, program), 'utf8'))?.[0], program).toMatch(/^import '[./\w]*\/check-node\.mjs'$/)
  }
})

/** The Node of the machine, if it is older than this project needs. */
const OLD = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && !runsTypeScript(spawnSync(path, ['-p', 'process.versions.node'], { encoding: 'utf8' }).stdout.trim()),
)

test.skipIf(OLD === undefined)('node server/main.ts, the entry point of the image, says so even on a Node that refuses .ts', () => {
  const [, , ...args] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))?.[1] ?? '[]') as string[]
  expect(args.shift()).toBe('node')
  const { status, stderr } = spawnSync(OLD ?? '', [...args, 'server'], { cwd: ROOT, encoding: 'utf8', env: {} })
  expect(stderr).toMatch(LINE)
  expect(status).toBe(2)
})
