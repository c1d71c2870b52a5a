import { parse } from 'acorn'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { loadInPhone } from '../support/realm.ts'
import { startApp } from '../support/app.ts'
import { ensureBuilt, MINI_PROGRAM_FILE } from '../support/built.ts'

const SOURCES = join(import.meta.dirname, '../../src')
let code = ''
beforeAll(() => {
  ensureBuilt()
  code = readFileSync(MINI_PROGRAM_FILE, 'utf8')
})

interface Node {
  type: string
  name?: string
  [key: string]: unknown
}
/** Every node of the tree, with its key in its parent. */
function* nodes(node: Node, key = ''): Generator<{ node: Node; key: string; parent?: Node }> {
  yield { node, key }
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child && typeof (child as Node).type === 'string') {
        for (const found of nodes(child as Node, name)) yield found.node === child ? { ...found, parent: node } : found
      }
    }
  }
}

describe('the mini-program file', () => {
  test('is ES2017', () => {
    expect(() => parse(code, { ecmaVersion: 2017, sourceType: 'script' })).not.toThrow()
  })

  test('makes no code of strings, and needs nothing that a phone does not have', () => {
    // `WebSocket`, `TextEncoder` and `BigInt` are in the official client; the code that runs on a phone does not reach them, as all other
    // tests show.
    const names = new Set<string>()
    for (const { node, key, parent } of nodes(parse(code, { ecmaVersion: 2017, sourceType: 'script' }) as unknown as Node)) {
      const isName = key !== 'property' || parent?.['computed'] === true
      if (node.type === 'Identifier' && isName && !(key === 'key' && !parent?.['computed'])) names.add(String(node.name))
    }
    const absent = `eval Function Proxy Reflect self window document location navigator process Buffer
      require URL Blob File FileReader XMLHttpRequest AbortController localStorage
      queueMicrotask WeakRef`
    expect(absent.split(/\s+/).filter((name) => names.has(name))).toEqual([])
    expect(names.has('wx')).toBe(true)
  })

  test('touches nothing when it is loaded', () => {
    const { phone, host } = startApp({ name: 'a' })
    const touched: string[] = []
    const strict = new Proxy(host.wx, {
      get: (_, key) => {
        touched.push(String(key))
        throw new Error(`wx.${String(key)} was read`)
      },
    })
    const exports = loadInPhone(MINI_PROGRAM_FILE, phone, strict) as object
    expect(Object.keys(exports)).toContain('createGameClient')
    expect(touched).toEqual([])
    expect(phone.timersRunning).toBe(0)
  })

  test('exports everything that the sources export', async () => {
    const { sdk } = startApp({ name: 'a' })
    const source = await import('../../src/index.ts')
    expect(Object.keys(sdk).sort()).toEqual(Object.keys(source).sort())
  })
})

test('no source needs more than the language: no name of the DOM or of Node outside host/web.ts', () => {
  for (const file of readdirSync(SOURCES, { recursive: true }).map(String)) {
    if (!file.endsWith('.ts') || file === join('host', 'web.ts')) continue
    const source = readFileSync(join(SOURCES, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|`[^`]*`|'[^']*'/g, '')
    expect(source, file).not.toMatch(/\b(window|document|process|Buffer|eval|Proxy|any)\b/)
  }
})
