import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

export interface Snippet {
  /** The word after `ts` in its fence; empty if there is none. */
  name: string
  code: string
}

/** The TypeScript snippets of a page of documentation. */
export function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
  return [...text.matchAll(/^( *)```ts *(\w*)\n([\s\S]*?)^ *```/gm)].map(([, indent = '', name = '', code = '']) => ({
    name,
    code: code.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }))
}

/** A snippet as the developer tools make it: types removed, imports as `require`, and the address of the test's server. */
export function runnable(code: string, url: string): string {
  const script = stripTypeScriptTypes(code, { mode: 'strip' })
  return script
    .replaceAll(
      /import\s*\{([^}]*)\}\s*from\s*'caiquan-client'/g,
      (_, names: string) => `const {${names.replaceAll(/\btype\s+\w+,?/g, '')}} = require('caiquan-client')`,
    )
    .replaceAll(/(https|wss):\/\/[\w-]+\.example\.com/g, url)
}
