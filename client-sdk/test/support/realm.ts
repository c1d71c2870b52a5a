import { readFileSync } from 'node:fs'
import { createContext, Script } from 'node:vm'
import type { Phone } from './phone.ts'
import type { WxApi } from '../../src/host/wx-api.ts'

/** Names with which a mini program's module is wrapped and which it finds undefined, whatever the host has. */
const HIDDEN = 'window document frames self location navigator localStorage history XMLHttpRequest WebSocket'.split(' ')
/** Features that came after ES2017, or are forbidden, are removed, so that code that needs them fails. */
const WITHOUT = `
  delete Promise.prototype.finally; delete Promise.allSettled; delete Promise.any
  delete Array.prototype.flat; delete Array.prototype.flatMap; delete Array.prototype.at
  delete Object.fromEntries; delete Object.hasOwn; delete String.prototype.matchAll; delete String.prototype.replaceAll
  delete String.prototype.trimStart; delete Symbol.asyncIterator
  for (const name of ['Proxy', 'BigInt', 'WeakRef', 'FinalizationRegistry', 'queueMicrotask', 'structuredClone']) delete globalThis[name]`

const scripts = new Map<string, Script>()

/**
 * Loads a CommonJS file as a mini program does: in a realm of its own with the language and `wx`, without Node's and
 * the browser's globals, where making code of strings throws.
 */
export function loadInPhone(file: string, phone: Phone, wx: WxApi): unknown {
  const globals = createContext(
    {
      wx,
      console,
      setTimeout: phone.setTimeout,
      clearTimeout: phone.clearTimeout,
    },
    { codeGeneration: { strings: false, wasm: false } },
  )
  new Script(WITHOUT).runInContext(globals)
  let script = scripts.get(file)
  if (!script) {
    const source = readFileSync(file, 'utf8')
    script = new Script(`(function (require, module, exports, ${HIDDEN.join(', ')}) {${source}\n})`, { filename: file })
    scripts.set(file, script)
  }
  const module = { exports: {} as unknown }
  const require = (id: string): never => {
    throw new Error(`require('${id}'): the file has no dependencies`)
  }
  ;(script.runInContext(globals) as (...args: unknown[]) => void)(require, module, module.exports)
  return module.exports
}
