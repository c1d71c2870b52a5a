import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor, NEWEST } from '../../server/src/recorder/history-cursor.ts'
import { newMatchId } from '../../server/src/ids.ts'

const position = fc.record({
  endedAt: fc.integer({ min: 0, max: NEWEST.endedAt }),
  id: fc.tuple(fc.nat(4095), fc.stringMatching(/^[0-9a-z]{21}$/)).map(([shard, rest]) => `${shard}-${rest}`),
})

test('a cursor leads back to its place, through an address unchanged', () => {
  fc.assert(
    fc.property(position, (each) => {
      const cursor = encodeCursor(each)
      expect(encodeURIComponent(cursor)).toBe(cursor)
      expect(decodeCursor(cursor)).toEqual(each)
    }),
  )
  const id = newMatchId(4096)
  expect(decodeCursor(encodeCursor({ endedAt: Date.now(), id }))?.id).toBe(id)
})

test('a text that this server has not made is no cursor', () => {
  const good = encodeCursor({ endedAt: 1_795_000_000_000, id: `3-${'a'.repeat(21)}` })
  const texts = [
    '',
    '0',
    'null',
    '17.x',
    `17.3-${'A'.repeat(21)}`,
    `-1.3-${'a'.repeat(21)}`,
    `1e9.3-${'a'.repeat(21)}`,
    `017.3-${'a'.repeat(21)}`,
    `999999999999999.3-${'a'.repeat(21)}`,
  ]
  for (const bad of [
    good + good,
    `${good}=`,
    ` ${good}`,
    good.slice(0, -2),
    good.toUpperCase(),
    '%00',
    ...texts,
    ...texts.map((text) => Buffer.from(text).toString('base64url')),
  ]) {
    expect(decodeCursor(bad), bad).toBeNull()
  }
  fc.assert(
    fc.property(fc.string(), (text) => {
      const found = decodeCursor(text)
      if (found) expect(encodeCursor(found)).toBe(text)
    }),
  )
})
