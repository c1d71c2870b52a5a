import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectedScore, INITIAL_RATING, PROVISIONAL_MATCHES, ratingDelta, replay } from '../../server/src/recorder/ratings.ts'

const rated = fc.record({ rating: fc.integer({ min: 100, max: 3500 }), ratedCount: fc.nat(200) })
const winner = fc.constantFrom(0 as const, 1 as const, null)
const swapped = { 0: 1, 1: 0 } as const

test('the points that one seat gains the other loses, whichever seat a player has', () => {
  fc.assert(
    fc.property(rated, rated, winner, (one, two, result) => {
      const mirrored = ratingDelta(two, one, result === null ? null : swapped[result])
      expect(ratingDelta(one, two, result) + mirrored).toBe(0)
    }),
  )
})

test('a winner never loses points, and a surprise moves more than the expected result', () => {
  fc.assert(
    fc.property(rated, rated, (one, two) => {
      expect(ratingDelta(one, two, 0)).toBeGreaterThanOrEqual(0)
      expect(ratingDelta(one, two, 1)).toBeLessThanOrEqual(0)
      if (one.rating < two.rating) expect(ratingDelta(one, two, 0)).toBeGreaterThanOrEqual(-ratingDelta(one, two, 1))
    }),
  )
})

test('the scale is that of Elo: 400 points are ten to one', () => {
  expect(expectedScore(1900, 1500)).toBeCloseTo(10 / 11)
  expect(expectedScore(1500, 1500)).toBe(0.5)
})

test('new players move twice as fast, and a pair of a new and an established player moves by the mean', () => {
  const fresh = { rating: 1500, ratedCount: PROVISIONAL_MATCHES - 1 }
  const known = { rating: 1500, ratedCount: PROVISIONAL_MATCHES }
  expect(ratingDelta(fresh, fresh, 0)).toBe(20)
  expect(ratingDelta(known, known, 0)).toBe(10)
  expect(ratingDelta(fresh, known, 0)).toBe(15)
  expect(ratingDelta(fresh, known, null)).toBe(0)
})

const matches = fc.array(
  fc.record({ players: fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { minLength: 2, maxLength: 2 }), winner }),
  { maxLength: 120 },
)
const results = matches.map((all) =>
  all.map(({ players: [one = '', two = ''], winner }) => ({ players: [one, two] as [string, string], winner })),
)

test('a replay from the beginning equals ratings that were kept match by match', () => {
  fc.assert(
    fc.property(results, (all) => {
      const kept = new Map<string, { rating: number; ratedCount: number }>()
      for (const { players, winner } of all) {
        const [one, two] = players.map((id) => kept.get(id) ?? { rating: 1500, ratedCount: 0 })
        if (!one || !two) throw new Error('two players are needed')
        const delta = ratingDelta(one, two, winner)
        kept.set(players[0], { rating: one.rating + delta, ratedCount: one.ratedCount + 1 })
        kept.set(players[1], { rating: two.rating - delta, ratedCount: two.ratedCount + 1 })
      }
      expect(replay(all)).toEqual(kept)
    }),
  )
})

test('no match creates or loses points, and every match counts once for both players', () => {
  fc.assert(
    fc.property(results, (all) => {
      const ratings = [...replay(all).values()]
      expect(ratings.reduce((sum, { rating }) => sum + rating, 0)).toBe(INITIAL_RATING * ratings.length)
      expect(ratings.reduce((sum, { ratedCount }) => sum + ratedCount, 0)).toBe(2 * all.length)
    }),
  )
})

test('the order of results matters: a replay in another order has another result', () => {
  const surprise = { players: ['a', 'b'] as [string, string], winner: 1 as const }
  const streak = Array.from({ length: 10 }, () => ({ players: ['a', 'c'] as [string, string], winner: 0 as const }))
  expect(replay([surprise, ...streak])).not.toEqual(replay([...streak, surprise]))
})
