import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoWeek, WEEK_MS, weekStart } from '../../server/src/recorder/week.ts'

const at = (text: string): number => Date.parse(text)

describe('the week of a moment', () => {
  test.each([
    ['2026-11-22T23:59:59.999Z', '2026-W47'],
    ['2026-11-23T00:00:00.000Z', '2026-W48'],
    // A year begins in the week that has its first Thursday.
    ['2021-01-03T23:59:59.999Z', '2020-W53'],
    ['2021-01-04T00:00:00.000Z', '2021-W01'],
    ['2024-12-29T23:59:59.999Z', '2024-W52'],
    ['2024-12-30T00:00:00.000Z', '2025-W01'],
    ['2026-12-31T12:00:00.000Z', '2026-W53'],
    ['2027-01-03T12:00:00.000Z', '2026-W53'],
    ['2028-01-01T00:00:00.000Z', '2027-W52'],
    ['1970-01-01T00:00:00.000Z', '1970-W01'],
    ['1969-12-28T12:00:00.000Z', '1969-W52'],
  ])('%s is in %s', (moment, week) => {
    expect(isoWeek(at(moment))).toBe(week)
  })

  test("begins on a Monday at midnight in UTC, whatever the server's time zone", () => {
    expect(new Date(weekStart(at('2026-11-29T23:59:59Z'))).toISOString()).toBe('2026-11-23T00:00:00.000Z')
    expect(new Date(weekStart(at('2021-01-01T00:00:00Z'))).toISOString()).toBe('2020-12-28T00:00:00.000Z')
  })
})

test('weeks follow one another without a gap, and their names sort by time', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Date.UTC(2200, 0) }), (moment) => {
      const start = weekStart(moment)
      expect(start).toBeLessThanOrEqual(moment)
      expect(moment - start).toBeLessThan(WEEK_MS)
      expect(new Date(start).getUTCDay()).toBe(1)
      expect(isoWeek(start)).toBe(isoWeek(start + WEEK_MS - 1))
      expect(isoWeek(start - 1) < isoWeek(start)).toBe(true)
      // ISO 8601: 4 January is always in the first week.
      const year = Number(isoWeek(moment).slice(0, 4))
      const first = weekStart(Date.UTC(year, 0, 4))
      expect(isoWeek(moment)).toBe(`${year}-W${String(1 + (start - first) / WEEK_MS).padStart(2, '0')}`)
    }),
  )
})
