import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const PAGES = [
  'README.md',
  'README.zh-CN.md',
  'CONTRIBUTING.md',
  'k8s/README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]
const named = new Set(
  PAGES.flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/npm run (?:-s )?([\w:]+)\b(?! -w)/g)].map(([, name = '']) => name)),
)

test('every command that a page names exists', () => {
  expect([...named].filter((name) => !(name in scripts))).toEqual([])
})

test.each([...named].filter((name) => /node \S+\.ts/.test(scripts[name] ?? '')))(
  'npm run %s works in a fresh clone: its packages and its Node are installed first',
  (name) => {
    expect(scripts[`pre${name}`]).toContain('node tools/bootstrap.mjs')
  },
)

test("no script runs TypeScript with the machine's own Node: npm installs the right one before", () => {
  const runs = Object.keys(scripts).filter((name) => /\bnode \S+\.ts/.test(scripts[name] ?? ''))
  expect(runs.length).toBeGreaterThan(15)
  expect(runs.filter((name) => !scripts[`pre${name}`]?.startsWith('node tools/bootstrap.mjs'))).toEqual([])
})
