import { expect, test } from 'vitest'
import { game } from '../../games/rps/index.ts'
import { createCommands } from '../../server/src/realtime/commands.ts'

test('every command has a limit of its own, below the limit at which a connection is closed', () => {
  const unused = {} as never
  const commands = createCommands({
    game,
    matches: unused,
    matchmaker: unused,
    rooms: unused,
    reservations: unused,
    connections: unused,
    fanOut: unused,
  })
  expect(Object.keys(commands).length).toBeGreaterThanOrEqual(10)
  for (const [name, { rate }] of Object.entries(commands)) {
    expect(rate.perSecond, name).toBeLessThanOrEqual(20)
    expect(rate.burst, name).toBeLessThanOrEqual(60)
  }
})
