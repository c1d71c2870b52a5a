import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GameError } from '../../src/game-error.ts'
import { HIDDEN_RETRY_MS } from '../../src/connection/transition.ts'
import { TIMING } from '../../src/connection/timing.ts'
import { MachineWorld, type Server } from '../support/machine-world.ts'
import { seeded } from '../support/random.ts'

type Step = (world: MachineWorld) => void
const KINDS = ['none', 'wifi', '4g', '5g', 'unknown', 'ethernet', '']

/** Everything that a host may report or leave out, and everything that may happen to a connection. */
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.integer({ min: 0, max: 20_000 }).map(
    (ms): Step =>
      (world) =>
        world.pass(ms),
  ),
  fc.boolean().map(
    (visible): Step =>
      (world) =>
        world.send({ type: 'visible', visible }),
  ),
  fc.tuple(fc.constantFrom(...KINDS), fc.boolean()).map(
    ([kind, asked]): Step =>
      (world) =>
        world.send({ type: 'network', kind, asked }),
  ),
  fc.constant<Step>((world) => world.send({ type: 'connect' })),
  fc
    .record({ reaches: fc.constantFrom<Server['reaches']>('answers', 'refuses', 'fails', 'hangs'), ms: fc.integer({ min: 0, max: 3000 }) })
    .map((server): Step => (world) => {
      world.server = server
    }),
  fc.boolean().map((alive): Step => (world) => {
    world.alive = alive
  }),
  fc.constantFrom('late', 'silent', 'served', 'alive', 'replaced', 'move').map((type): Step => (world) => {
    const { main } = world.machine
    // A server that sends `replaced` to the newest connection means it: that ends the connection, and has a test of its own.
    if (main && !(type === 'replaced' && !world.machine.rival)) world.send({ type, id: main.id })
  }),
  fc.constant<Step>((world) => {
    const { main } = world.machine
    if (main?.phase === 'up') world.send({ type: 'down', id: main.id, error: new GameError('disconnected') })
  }),
  // Clocks are set, forwards and back.
  fc.integer({ min: -60_000, max: 60_000 }).map(
    (ms): Step =>
      (world) =>
        world.setClock(ms),
  ),
)

/** The longest time of an attempt: the wait before it, a handshake at a slow server, and the same again beside it. */
const RECOVERY_MS = HIDDEN_RETRY_MS + TIMING.slowDelayMs * 1.5 + TIMING.connectTimeoutMs * 2 + TIMING.probeTimeoutMs

describe('whatever the host reports', () => {
  test.each([
    ['with probes and second attempts', { canProbe: true, hedge: true }],
    ['without second attempts', { canProbe: true, hedge: false }],
    ['without probes', { canProbe: false, hedge: false }],
  ])('a server that replies is found again in bounded time, %s', (_, options) => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const world = new MachineWorld({ ...options, random: seeded(seed) })
        world.send({ type: 'start', visible: true })
        for (const each of steps) each(world)
        world.server = { reaches: 'answers', ms: 50 }
        world.alive = true
        // The host reports nothing more, whatever it reported last.
        world.pass(RECOVERY_MS)
        expect(world.up, JSON.stringify(world.machine)).toBe(true)
      }),
      { numRuns: 400 },
    )
  })

  test('and there are never more than two links, none of which is left at the end', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer(), (steps, seed) => {
        const world = new MachineWorld({ random: seeded(seed) })
        world.send({ type: 'start', visible: true })
        for (const each of steps) {
          each(world)
          expect(world.links.size).toBeLessThanOrEqual(2)
        }
        world.send({ type: 'close', reason: 'closed', error: new GameError('closed') })
        expect(world.links.size).toBe(0)
        const { lastId } = world.machine
        world.send({ type: 'network', kind: 'wifi', asked: false })
        world.send({ type: 'visible', visible: true })
        world.pass(600_000)
        expect(world.machine.lastId).toBe(lastId)
      }),
      { numRuns: 200 },
    )
  })
})
