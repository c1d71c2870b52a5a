import { spawn } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { nodeBinary, ROOT } from '../../tools/services/node.ts'
import { mysqldPath } from '../../tools/services/mysqld.ts'
import { findProgram } from '../../tools/services/programs.ts'
import { mysqlProgram } from './mysql-programs.ts'

export interface Block {
  /** The heading above it, and the number of the block below that heading: `Backup of MySQL 2`. */
  name: string
  language: string
  text: string
}

export const runbookText = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')

/** Every block of code of a page in Markdown, in order, including indented ones. */
export function blocksOf(markdown: string): Block[] {
  const blocks: Block[] = []
  let heading = ''
  let count = 0
  let open: { indent: string; block: Block } | null = null
  for (const line of markdown.split('\n')) {
    const [, indent = '', language] = /^( *)```(\w*)$/.exec(line) ?? []
    if (open) {
      if (language === '') {
        blocks.push(open.block)
        open = null
      } else open.block.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`
    } else if (language !== undefined) open = { indent, block: { name: `${heading} ${++count}`, language, text: '' } }
    else if (/^#+ /.test(line)) [heading, count] = [line.replace(/^#+ /, ''), 0]
  }
  if (open) throw new Error(`The block ${open.block.name} has no end.`)
  return blocks
}

/** The variables that the table at the top of the runbook names. */
export const variablesOf = (markdown: string): string[] => [...markdown.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name = '']) => name)

/** A folder as an operator has it: a checkout with the stand-ins first in PATH. */
export function operatorsFolder(dir: string): { cwd: string; path: string } {
  const [cwd, bin] = [join(dir, 'checkout'), join(dir, 'bin')]
  for (const folder of [cwd, bin]) mkdirSync(folder)
  for (const name of ['ops', 'k8s', 'nginx']) symlinkSync(join(ROOT, name), join(cwd, name))
  const program = (name: string, command: string): void => {
    writeFileSync(join(bin, name), `#!/bin/sh\nexec ${command} "$@"\n`)
    chmodSync(join(bin, name), 0o755)
  }
  program('kubectl', `'${nodeBinary()}' '${join(ROOT, 'test/support/kubectl.ts')}'`)
  for (const name of ['mysql', 'mysqldump', 'mysqlbinlog'])
    program(name, mysqldPath() ? `'${mysqlProgram(name)}'` : `'${nodeBinary()}' '${join(ROOT, 'test/support/mysql-client.ts')}' ${name}`)
  // With -e, a refusal of Redis is a failed command here too.
  program('redis-cli', `'${findProgram('redis-cli')}' -e`)
  return { cwd, path: [bin, '/usr/local/bin', '/usr/bin', '/bin'].join(delimiter) }
}

/** Runs a block as it would run when pasted. The environment has only the given variables. */
export function runBlock(
  text: string,
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; output: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number | null; output: string }>()
  const child = spawn('bash', ['-euo', 'pipefail', '-c', text], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => (output += part.toString()))
  child.once('error', reject)
  child.once('close', (code) => resolve({ code, output }))
  return promise
}
