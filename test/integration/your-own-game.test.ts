import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { blocksOf, copyProject } from '../support/project-copy.ts'

// docs/your-own-game.md, followed to the letter in a copy of the project: a reader gets a game that can be played.

const PAGE = readFileSync(join(ROOT, 'docs/your-own-game.md'), 'utf8')
const blocks = blocksOf(PAGE)
const copy = join(inject('testDir'), 'own-game')
const run = promisify(execFile)
let cluster: Cluster

beforeAll(() => copyProject(copy, blocks))
afterAll(async () => {
  await cluster?.close()
  rmSync(copy, { recursive: true, force: true })
})

test('the page names the files of a game', () => {
  expect(blocks.map(({ file }) => file)).toEqual(['games/odd-even/rules.ts', 'games/odd-even/index.ts', 'games/odd-even/try.ts'])
  expect(PAGE.match(/^```ts\n/gm), 'every block of TypeScript says which file it is').toBeNull()
})

test('the code on the page compiles, and satisfies games/rules.ts', async () => {
  const files = blocks.map(({ file }) => join(copy, file))
  writeFileSync(
    join(copy, 'tsconfig.own.json'),
    JSON.stringify({ extends: './tsconfig.json', include: [], files: [...files, join(copy, 'games/rules.ts')] }),
  )
  await run(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', join(copy, 'tsconfig.own.json')], { cwd: copy })
  const { stdout } = await run(
    nodeBinary(),
    [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project=unit', 'test/unit/games.test.ts', '-t', 'odd-even satisfies'],
    { cwd: copy, env: { ...process.env, NO_COLOR: '1' } },
  )
  expect(stdout).toMatch(/Tests +1 passed/)
}, 120_000)

test('two players on the SDK play a match of it, and it is recorded', async () => {
  cluster = await testCluster({ nodes: 1, program: join(copy, 'server/main.ts'), env: { GAME: 'odd-even' } })
  const { stdout } = await run(nodeBinary(), [join(copy, 'games/odd-even/try.ts'), cluster.nodes[0]?.url ?? ''], { cwd: copy })
  expect(stdout).toMatch(/^\d : \d after \d+ rounds, seat [01] won\n$/)
  // The match is recorded when it begins, and its end a moment later.
  const matches = async () => [...(await recorded(cluster.info.mysql.url, [])).matches.values()]
  await expect.poll(matches, { timeout: 10_000 }).toMatchObject([{ mode: 'room', bestOf: 3, reason: 'score' }])
}, 120_000)
