import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { game as gomoku } from '../../games/gomoku/index.ts'
import { game as rps } from '../../games/rps/index.ts'
import { gameRequests } from '../../server/src/realtime/schemas.ts'

const requests = gameRequests(rps)
const MATCH = '0-aaaaaaaaaaaaaaaaaaaaa'
const right = { matchId: MATCH, round: 1, move: 'rock' }

test('the cheap check accepts the moves of players', () => {
  for (const move of ['rock', 'paper', 'scissors']) expect(requests.isMove?.({ ...right, move })).toBe(true)
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a text', 'rock'],
  ['a list', [MATCH, 1, 'rock']],
  ['a field too many', { ...right, extra: 1 }],
  ['a field too few', { matchId: MATCH, round: 1 }],
  ['another field instead', { matchId: MATCH, round: 1, hand: 'rock' }],
  ['a round that is not a whole number', { ...right, round: 1.5 }],
  ['an invalid round', { ...right, round: 0 }],
  ['a round that is too high', { ...right, round: 1001 }],
  ['a round as a text', { ...right, round: '1' }],
  ['a round that JSON cannot hold', { ...right, round: Number.NaN }],
  ['an invalid match', { ...right, matchId: '../etc' }],
  ['a match with a line after it', { ...right, matchId: `${MATCH}\n` }],
  ['a list with one match in it', { ...right, matchId: [MATCH] }],
  ['a list with one move in it', { ...right, move: ['rock'] }],
  ['a move that every object has', { ...right, move: 'constructor' }],
  ['fields that are inherited', Object.assign(Object.create(right) as object, { a: 1, b: 2, c: 3 })],
])('the cheap check leaves %s to the schema, which refuses it', (_, value) => {
  expect(requests.isMove?.(value)).toBe(false)
  expect(requests.move.safeParse(value).success).toBe(false)
})

test('every value that the cheap check accepts, the schema accepts unchanged', () => {
  const almost = fc.record(
    {
      matchId: fc.oneof(fc.constant(MATCH), fc.string(), fc.jsonValue()),
      round: fc.oneof(fc.integer({ min: -2, max: 1003 }), fc.jsonValue()),
      move: fc.oneof(fc.constantFrom('rock', 'paper', 'scissors', 'lizard'), fc.jsonValue()),
      extra: fc.jsonValue(),
    },
    { requiredKeys: [] },
  )
  fc.assert(
    fc.property(fc.oneof(almost, fc.jsonValue()), (value) => {
      if (requests.isMove?.(value)) expect(requests.move.parse(value)).toEqual(value)
    }),
    { numRuns: 2000 },
  )
})

test('a game without a cheap check has every move parsed', () => {
  expect(gameRequests(gomoku).isMove).toBeUndefined()
})
