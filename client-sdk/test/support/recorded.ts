import { expect } from 'vitest'
import { recorded } from '../../../test/support/records.ts'
import { movesOf } from '../../../tools/chaos/records.ts'
import type { Side } from './duel.ts'
import { assertDefined } from './assert-defined.ts'

/** Every move that was acknowledged is in MySQL once, as it was made, and every round once. */
export async function expectRecorded(databaseUrl: string, sides: [Side, Side]): Promise<void> {
  const { id } = assertDefined(sides[0].client.match)
  const rounds = assertDefined((await recorded(databaseUrl, [id])).rounds.get(id))
  expect(rounds.map(({ round }) => round)).toEqual(rounds.map((_, i) => i + 1))
  for (const { client, moved } of sides) {
    for (const [round, move] of moved) {
      const row = assertDefined(rounds[round - 1])
      expect(movesOf(row)[client.seat ?? 0], `move of round ${round}`).toBe(move)
    }
  }
}
