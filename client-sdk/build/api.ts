/**
 * Writes API.md from the declarations that are published (`dist/types`, built before) and their docstrings.
 *
 *   npm run api -w client-sdk
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ERRORS } from '../src/errors.ts'

const root = join(import.meta.dirname, '..')

interface Declaration {
  name: string
  file: string
  doc: string
  /** Without `export` and `declare`. */
  text: string
}

/** The sections of the page, by the file that a declaration stands in; the first that fits has it. */
const SECTIONS: [title: string, files: RegExp][] = [
  ['The game client', /^client\//],
  ['Errors', /error/],
  ['The connection by itself', /^(connection|util)\//],
  ['Socket.IO and its transports', /^transport\//],
  ['Hosts', /^host\//],
  ['The contract', /^protocol/],
]
/** What most readers look for. */
const FIRST = ['createGameClient', 'GameClient', 'GameSnapshot', 'GameClientOptions', 'GameError', 'createConnection', 'Connection']

/** A docstring as Markdown. */
const prose = (lines: string[]): string =>
  lines
    .map((line) => line.trim().replace(/^\/\*\*\s?|\s*\*\/$/g, '').replace(/^\* ?/, ''))
    .join('\n')
    .trim()
    .replaceAll(/\{@link (\w+)\}/g, '`$1`')
    .replaceAll(/^@param (\w+) /gm, '- `$1`: ')

/** Splits a block of declarations, all indented by `indent`, into pieces with their docstrings. */
function split(lines: string[], indent: string): { doc: string; text: string }[] {
  const pieces: { doc: string; text: string }[] = []
  let doc: string[] = []
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line.startsWith(`${indent}/**`)) {
      doc = []
      for (; i < lines.length; i++) {
        doc.push(lines[i] ?? '')
        if (lines[i]?.includes('*/')) break
      }
    } else if (line.startsWith(indent) && /\w/.test(line.charAt(indent.length))) {
      const text: string[] = []
      for (; i < lines.length; i++) {
        text.push(lines[i] ?? '')
        const next = lines[i] ?? ''
        if (next.endsWith(';') && !next.startsWith(`${indent} `)) break
        if (next === `${indent}}`) break
      }
      pieces.push({ doc: prose(doc), text: text.join('\n') })
      doc = []
    }
  }
  return pieces
}

const declarations = (file: string): Declaration[] =>
  split(readFileSync(join(root, 'dist/types', file.replace('.ts', '.d.ts')), 'utf8').split('\n'), '')
    .filter(({ text }) => text.startsWith('export ') && !/^export (?:type )?[{*]/.test(text))
    .map(({ doc, text }) => {
      const bare = text.replace(/^export (?:declare )?/, '')
      return { doc, file, text: bare, name: /^(?:const|interface|type|class|function) (\w+)/.exec(bare)?.[1] ?? '' }
    })

/** All that `index.ts` exports. */
export function exported(): Declaration[] {
  const index = readFileSync(join(root, 'dist/types/index.d.ts'), 'utf8')
  const all: Declaration[] = []
  for (const [, names, file = ''] of index.matchAll(/export (?:type )?(?:\{([^}]*)\}|\*) from '\.\/([^']+)'/g)) {
    const wanted = names?.split(',').map((name) => name.replace('type ', '').trim())
    const found = declarations(file).filter(({ name }) => !wanted || wanted.includes(name))
    const missing = wanted?.filter((name) => !found.some((each) => each.name === name)) ?? []
    if (missing.length) throw new Error(`${file} does not declare ${missing.join(', ')}`)
    all.push(...found)
  }
  const place = ({ name }: Declaration): number => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length)
  return all.sort((a, b) => place(a) - place(b))
}

function entry({ name, doc, text }: Declaration): string {
  const head = `### ${name}${doc ? `\n\n${doc}` : ''}`
  // Of a long constant its docstring says more than its type.
  if (text.startsWith('const ') && text.length > 400) return head
  if (!text.startsWith('class ')) return `${head}\n\n\`\`\`ts\n${text}\n\`\`\``
  const members = split(text.split('\n').slice(1, -1), '    ').filter(({ text: member }) => !/^ *(private|constructor)/.test(member))
  const list = members.map(({ doc: about, text: member }) => {
    const line = member.trim().replaceAll(/\s*\n\s*/g, ' ').replace(/;$/, '').replace(/^get (\w+)\(\)/, '$1')
    return `#### \`${line}\`${about ? `\n\n${about}` : ''}`
  })
  return [head, ...list].join('\n\n')
}

const errorTable = (): string =>
  [
    '| code | passes by itself | meaning |',
    '|---|---|---|',
    ...Object.entries(ERRORS).map(([code, { temporary, message }]) => `| \`${code}\` | ${temporary ? 'yes' : 'no'} | ${message} |`),
  ].join('\n')

/** The whole page. */
export function apiPage(): string {
  const all = exported()
  const sections = SECTIONS.map(([title, files]) => {
    const mine = all.filter(({ file }) => SECTIONS.find(([, other]) => other.test(file))?.[1] === files)
    return [`## ${title}`, ...(title === 'Errors' ? [errorTable()] : []), ...mine.map(entry)].join('\n\n')
  })
  const intro = 'Written by `npm run api -w client-sdk` from the docstrings; a test holds it against them.'
  return ['# API of caiquan-client', intro, ...sections].join('\n\n').concat('\n')
}

if (import.meta.main) writeFileSync(join(root, 'API.md'), apiPage())
