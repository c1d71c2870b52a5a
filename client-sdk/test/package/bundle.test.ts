import { parse } from 'acorn'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { INTERNAL_LIST } from '../../build/names.ts'
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
/** Every node of the tree, with the key that it stands under. */
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

  test('is small enough for everybody', () => {
    expect(code.length).toBeLessThan(50_000)
  })

  test('makes no code of strings, and asks for nothing that a phone does not have', () => {
    const names = new Set<string>()
    for (const { node, key, parent } of nodes(parse(code, { ecmaVersion: 2017, sourceType: 'script' }) as unknown as Node)) {
      const isName = key !== 'property' || parent?.['computed'] === true
      if (node.type === 'Identifier' && isName && !(key === 'key' && !parent?.['computed'])) names.add(String(node.name))
    }
    const absent = `eval Function Proxy Reflect globalThis self window document location navigator process Buffer global
      require URL TextEncoder TextDecoder Blob File FileReader XMLHttpRequest WebSocket fetch AbortController localStorage
      queueMicrotask BigInt WeakRef`
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

  test('exports what the sources export', async () => {
    const { sdk } = startApp({ name: 'a' })
    const source = await import('../../src/index.ts')
    expect(Object.keys(sdk).sort()).toEqual(Object.keys(source).sort())
  })

  test('shortens no name that anybody outside can see', () => {
    const exposed = new Set<string>()
    const remember = (text: string): void => {
      for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) exposed.add(word)
    }
    // What the contract, the hosts and `wx` are called, whole.
    for (const file of ['protocol.ts', 'errors.ts', 'host/wx-api.ts', 'host/host.ts', 'transport/io.ts']) {
      remember(readFileSync(join(SOURCES, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))
    }
    // Of the rest, the members that are not private of what index.ts exports.
    const index = readFileSync(join(SOURCES, 'index.ts'), 'utf8')
    for (const [, names = '', file = ''] of index.matchAll(/export (?:type )?\{([^}]*)\} from '\.\/([^']+)'/g)) {
      const source = readFileSync(join(SOURCES, file), 'utf8')
      for (const name of names.split(',').map((each) => each.replace('type ', '').trim())) {
        const body = new RegExp(`(?:class|interface|type) ${name}\\b[\\s\\S]*?\\n\\}`).exec(source)?.[0] ?? ''
        for (const [, member = ''] of body.matchAll(/^ {2}(?!private)(?:readonly |get |async )*(\w+)[?(:<]/gm)) exposed.add(member)
      }
    }
    expect([...exposed].filter((name) => INTERNAL_LIST.includes(name))).toEqual([])
    expect(exposed.has('moveWithin')).toBe(true)
    expect(exposed.has('createRoom')).toBe(true)
  })
})

test('no source needs more than the language: not a word of the DOM or of Node outside host/web.ts', () => {
  for (const file of readdirSync(SOURCES, { recursive: true }).map(String)) {
    if (!file.endsWith('.ts') || file === join('host', 'web.ts')) continue
    const source = readFileSync(join(SOURCES, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*|`[^`]*`|'[^']*'/g, '')
    expect(source, file).not.toMatch(/\b(window|document|process|Buffer|eval|Proxy|any)\b/)
  }
})
