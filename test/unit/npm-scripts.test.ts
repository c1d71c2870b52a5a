import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
const PAGES = ['README.md', 'README.zh-CN.md', 'k8s/README.md', ...readdirSync('docs').filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`)]
const named = new Set(PAGES.flatMap((page) => [...readFileSync(page, 'utf8').matchAll(/npm run (?:-s )?([\w:]+)/g)].map(([, name = '']) => name)))

test('every command that a page names is there', () => {
  expect([...named].filter((name) => !(name in scripts))).toEqual([])
})

test.each([...named].filter((name) => /node \S+\.ts/.test(scripts[name] ?? '')))('npm run %s works in a fresh clone: its packages and its Node are installed first', (name) => {
  expect(scripts[`pre${name}`]).toContain('node ops/bootstrap.mjs')
})
