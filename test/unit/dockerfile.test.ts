import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'
import { baseImages } from '../support/images.ts'

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const dockerfile = read('Dockerfile')
const ignore = read('.dockerignore')
  .split('\n')
  .filter((line) => line && !line.startsWith('#'))

/** The sources that are copied from the folder of the build, not from another stage. */
const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, files = '']) => files.split(' '))

test('the sources of the image exist and get into the build', () => {
  expect(sources).toContain('server')
  for (const source of sources) {
    expect(existsSync(join(ROOT, source)), source).toBe(true)
    expect(
      ignore.some((line) => line.startsWith('!') && (source === line.slice(1) || source.startsWith(`${line.slice(1)}/`))),
      source,
    ).toBe(true)
  }
})

test('only named files get into the build', () => {
  expect(ignore[0]).toBe('*')
  for (const line of ['**/node_modules', 'prisma/generated'])
    expect(ignore.indexOf(line)).toBeGreaterThan(ignore.findLastIndex((each) => each.startsWith('!')))
})

test('it runs on the Node that the project is pinned to, without root', () => {
  const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: { node: string } }
  const major = /\d+/.exec(devDependencies.node)?.[0]
  expect(baseImages(dockerfile)).toEqual([`node:${major}-bookworm-slim`])
  const stages = dockerfile.split(/^FROM /m)
  expect(stages.at(-1)).toMatch(/^runtime AS production/)
  for (const stage of stages.filter((text) => /^(\S+ AS runtime|runtime AS development)/.test(text)))
    expect(stage.match(/^USER .*/gm)?.at(-1)).toBe('USER 1000:1000')
})

test('the query compiler that the Prisma client loads is the one that stays', () => {
  const [, kept = ''] = /! -name '([\w.]+)\*'/.exec(dockerfile) ?? []
  const asked = [...read('prisma/generated/internal/class.ts').matchAll(/runtime\/(query_compiler_[\w.]+)/g)].map(([, name]) => name)
  expect(asked.length).toBeGreaterThan(0)
  for (const name of asked) expect(name?.startsWith(kept)).toBe(true)
})
