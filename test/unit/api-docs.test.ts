import asyncApiSpecs from '@asyncapi/specs' with { type: 'json' }
import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv } from 'ajv'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { ERRORS } from '../../client-sdk/src/errors.ts'
import type { Seat } from '../../games/rules.ts'
import { ROOT } from '../../tools/services/node.ts'
import { gameNames, loadGame } from '../../server/src/game.ts'
import { apiDocuments, DOCS, DOCUMENTED_GAME } from '../../tools/docs/api.ts'
import { asyncApiDocument } from '../../tools/docs/asyncapi.ts'
import { openApiDocument } from '../../tools/docs/openapi.ts'
import { checkerOf, refsOf, resolveRef } from '../support/api-documents.ts'

test.each(Object.entries(apiDocuments(await loadGame(DOCUMENTED_GAME))))('docs/%s is the output of `npm run docs:api`', (file, text) => {
  expect(readFileSync(join(DOCS, file), 'utf8')).toBe(text)
})

describe.each(gameNames())('the documents of %s', async (name) => {
  const game = await loadGame(name)
  const http = openApiDocument(game)
  const events = asyncApiDocument(game)

  test('are valid OpenAPI 3.1', async () => {
    const validator = new Validator()
    expect(await validator.validate(structuredClone(http))).toEqual({ valid: true })
    expect(await validator.validate({ ...http, paths: { x: 1 } })).toMatchObject({ valid: false })
  })

  test('are valid AsyncAPI 3.0', () => {
    // Their schema brings draft 7 itself.
    const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false })
    const validate = ajv.compile(asyncApiSpecs.schemas['3.0.0'])
    expect(validate(events), ajv.errorsText(validate.errors)).toBe(true)
    expect(validate({ ...events, operations: { x: { action: 'reply' } } })).toBe(false)
  })

  test.each([
    ['openapi', http],
    ['asyncapi', events],
  ])('%s refers only to existing parts', (_, document) => {
    const refs = refsOf(document)
    expect(refs.length).toBeGreaterThan(30)
    expect(refs.filter((ref) => resolveRef(document, ref) === undefined)).toEqual([])
  })

  test('accept the moves that the rules allow, and no others', () => {
    const check = checkerOf(events, { closed: false })
    const schema = events.components.schemas['GameMove'] ?? {}
    const state = game.setup({ bestOf: game.bestOf[0], maxRounds: 9, options: {} as never, random: Math.random })
    const moves = ([0, 1] as Seat[]).flatMap((seat) => game.legalMoves(game.view(state, seat), seat))
    expect(moves.length).toBeGreaterThan(0)
    for (const move of moves) expect(check(schema, move)).toBe('')
    expect(check(schema, { no: 'move' })).not.toBe('')
  })
})

describe('the documents', async () => {
  const game = await loadGame(DOCUMENTED_GAME)
  const http = openApiDocument(game)

  test('have every route of the server that clients may call', () => {
    const routes = globSync('server/**/http/*-routes.ts', { cwd: ROOT }).flatMap((file) =>
      [...readFileSync(join(ROOT, file), 'utf8').matchAll(/router\.(get|post|put|patch|delete)\('([^']+)'/g)].map(
        ([, method, path]) => `${method} ${path}`,
      ),
    )
    // For Prometheus only; nginx lets no other client reach it.
    const documented = Object.entries(http.paths).flatMap(([path, calls]) =>
      Object.keys(calls).map((method) => `${method} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`),
    )
    expect([...documented, 'get /metrics'].sort()).toEqual(routes.sort())
  })

  test('have the whole catalogue of errors, with the status of each', () => {
    const text = readFileSync(join(DOCS, 'asyncapi.yaml'), 'utf8')
    const { components } = parse(text) as { components: { schemas: Record<string, { enum: string[]; description: string }> } }
    const codes = components.schemas['ErrorCode']
    expect(codes?.enum).toEqual(Object.keys(ERRORS))
    for (const [code, { http: status }] of Object.entries(ERRORS)) expect(codes?.description).toContain(`| \`${code}\` | ${status} |`)
    for (const calls of Object.values(http.paths)) {
      for (const { responses } of Object.values(calls)) {
        for (const [status, { $ref }] of Object.entries(responses)) {
          for (const code of $ref?.split('/').at(-1)?.split('_or_') ?? []) expect(ERRORS).toHaveProperty(`${code}.http`, Number(status))
        }
      }
    }
  })

  test('describe fields as the protocol does', () => {
    const { schemas } = asyncApiDocument(game).components
    expect(schemas['MatchView']?.properties?.['version']?.description).toMatch(/^Grows with every change/)
    expect(schemas['ForegroundRequest']?.properties?.['foreground']?.description).toMatch(/^Whether the client/)
    expect(http.components.schemas['ProfileChange']?.properties?.['avatar']?.description).toContain('256 KiB')
  })
})
