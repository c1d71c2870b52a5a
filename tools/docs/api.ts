// `npm run docs:api`: writes docs/openapi.yaml and docs/asyncapi.yaml. `-- --game <folder> --out <folder>` writes those of another game.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import type { AnyGame } from '../../games/rules.ts'
import { loadGame } from '../../server/src/game.ts'
import { parseCommandLine, readGame } from '../command-line.ts'
import { ROOT } from '../services/node.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openApiDocument } from './openapi.ts'

/** The game of the documents in docs/. */
export const DOCUMENTED_GAME = 'rps'
export const DOCS = join(ROOT, 'docs')

/** The text of both documents by file name. */
export function apiDocuments(game: AnyGame): Record<'openapi.yaml' | 'asyncapi.yaml', string> {
  const text = (document: object): string => stringify(document, { aliasDuplicateObjects: false, blockQuote: 'literal', lineWidth: 140 })
  return { 'openapi.yaml': text(openApiDocument(game)), 'asyncapi.yaml': text(asyncApiDocument(game)) }
}

if (import.meta.main) {
  const { game, out } = parseCommandLine('npm run docs:api', {
    options: { game: { type: 'string', default: DOCUMENTED_GAME }, out: { type: 'string', default: DOCS } },
  }).values
  mkdirSync(out, { recursive: true })
  for (const [file, text] of Object.entries(apiDocuments(await loadGame(readGame(game))))) writeFileSync(join(out, file), text)
}
