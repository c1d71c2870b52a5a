import { expect, test } from 'vitest'
import { resyncAt } from '../../src/client/resync.ts'
import { view } from '../support/views.ts'

const GRACE = { deadlineGraceMs: 1200, gapGraceMs: 1000 }

test('a resync follows a deadline that passed without a view, by the local clock', () => {
  expect(resyncAt(view({ deadlineAt: 50_000 }), 1, 0, 0, GRACE)).toBe(51_200)
  expect(resyncAt(view({ deadlineAt: 50_000 }), 1, 0, 8000, GRACE)).toBe(43_200)
})

test('a resync follows a version that the server acknowledged but never showed', () => {
  expect(resyncAt(view({ version: 4 }), 5, 10_000, 0, GRACE)).toBe(11_000)
  expect(resyncAt(view({ version: 5 }), 5, 10_000, 0, GRACE)).toBeNull()
})

test('no resync follows for a match that is over, or that waits for its second player', () => {
  expect(resyncAt(view({ status: 'finished', deadlineAt: 1 }), 9, 0, 0, GRACE)).toBeNull()
  expect(resyncAt(view({ status: 'waiting', deadlineAt: null }), 1, 0, 0, GRACE)).toBeNull()
  expect(resyncAt(null, 0, 0, 0, GRACE)).toBeNull()
})
