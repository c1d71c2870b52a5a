import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ROOT } from '../../tools/services/node.ts'

const PARTS = [
  'games',
  'server',
  'client-sdk/src',
  'prisma',
  'tools',
  'test',
  'preview',
  'load',
  'package.json',
  'tsconfig.json',
  'vitest.config.ts',
  'prisma.config.ts',
  'nginx',
]

/** A block of code of a page that names its file. */
export interface Block {
  file: string
  text: string
}

/** The blocks of a page that name a file. */
export const blocksOf = (page: string): Block[] =>
  [...page.matchAll(/^```ts (\S+)\n(.*?)^```$/gms)].map(([, file = '', text = '']) => ({ file, text }))

/** Copies the sources of the project into a folder, with its packages, and writes the files of a page into it. */
export function copyProject(folder: string, blocks: Block[]): void {
  mkdirSync(folder, { recursive: true })
  for (const part of PARTS) {
    cpSync(join(ROOT, part), join(folder, part), { recursive: true, filter: (path) => !/\/(node_modules|dist)(\/|$)/.test(path) })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  for (const { file, text } of blocks) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}
