import { describe, expect, test } from 'vitest'
import { GameError } from '../../src/game-error.ts'
import { INITIAL, statusOf, type Machine } from '../../src/connection/state.ts'
import { MAX_REFUSALS } from '../../src/connection/transition.ts'
import { MachineWorld } from '../support/machine-world.ts'
import { assertDefined } from '../support/assert-defined.ts'

/** A connection that is up. */
function online(options?: ConstructorParameters<typeof MachineWorld>[0]): MachineWorld {
  const world = new MachineWorld(options)
  world.send({ type: 'start', visible: true })
  world.pass(100)
  expect(world.up).toBe(true)
  return world
}
const mainOf = (world: MachineWorld): number => assertDefined(world.machine.main).id
const opens = (world: MachineWorld): number[] => world.done.flatMap((effect) => (effect.do === 'open' ? [effect.attempt] : []))

describe('the status that follows from the state', () => {
  const attempt = { id: 1, upAt: 0 }
  test.each<[Partial<Machine>, string]>([
    [{ started: false }, 'idle'],
    [{ main: { ...attempt, phase: 'login' } }, 'login'],
    [{ main: { ...attempt, phase: 'handshake' } }, 'connecting'],
    [{ waiting: true }, 'connecting'],
    [{ main: { ...attempt, phase: 'up' } }, 'online'],
    [{ main: { ...attempt, phase: 'up' }, visible: false }, 'suspended'],
    [{ network: false }, 'offline'],
    [{ visible: false, network: false }, 'suspended'],
    [{ reason: 'replaced', visible: false }, 'closed'],
  ])('%j is %s', (changes, status) => {
    expect(statusOf({ ...INITIAL, started: true, ...changes })).toBe(status)
  })
})

describe('after the background', () => {
  test('a short absence is followed by a probe, a long one by a new connection', () => {
    const world = online()
    const first = mainOf(world)
    world.send({ type: 'visible', visible: false })
    world.pass(3000)
    world.send({ type: 'visible', visible: true })
    expect(world.machine.probing).toBe(first)
    world.pass(100)
    world.send({ type: 'visible', visible: false })
    world.pass(10_000)
    world.send({ type: 'visible', visible: true })
    world.pass(100)
    expect(mainOf(world)).not.toBe(first)
  })
  test('a clock that was set back counts as a long absence', () => {
    const world = online()
    const first = mainOf(world)
    world.send({ type: 'visible', visible: false })
    world.now -= 5000
    world.send({ type: 'visible', visible: true })
    world.pass(100)
    expect(mainOf(world)).not.toBe(first)
  })
  test('each new connection can be probed, whatever became of the last probe', () => {
    const world = online()
    world.alive = false
    world.send({ type: 'connect' })
    world.send({ type: 'down', id: mainOf(world), error: new GameError('disconnected') })
    world.pass(1000)
    world.send({ type: 'connect' })
    expect(world.machine.probing).toBe(mainOf(world))
  })
  test('a reply from before the probe does not count', () => {
    const world = online()
    world.send({ type: 'connect' })
    world.send({ type: 'visible', visible: false })
    world.send({ type: 'visible', visible: true })
    const asked = (): number => world.done.filter((effect) => effect.do === 'probe').length
    expect(asked()).toBe(1)
    world.pass(100)
    expect(asked()).toBe(2)
    expect(world.machine).toMatchObject({ probing: 0, doubted: false })
  })
  test('a death without an event is found when the app is shown', () => {
    const world = online()
    const first = mainOf(world)
    world.alive = false
    world.send({ type: 'visible', visible: true })
    world.pass(2100)
    expect(mainOf(world)).not.toBe(first)
  })
})

describe('the network', () => {
  test('of another kind is another address', () => {
    const world = online()
    world.send({ type: 'network', kind: 'wifi', asked: true })
    const first = mainOf(world)
    world.send({ type: 'network', kind: '4g', asked: false })
    world.pass(100)
    expect(mainOf(world)).not.toBe(first)
  })
  test('of the same kind, or of an unknown one, may still carry the connection', () => {
    const world = online()
    for (const kind of ['4g', '5g', 'unknown', '4g']) {
      world.send({ type: 'network', kind, asked: false })
      world.pass(100)
    }
    expect(opens(world)).toHaveLength(1)
    expect(world.done.filter((effect) => effect.do === 'probe').length).toBeGreaterThan(0)
  })
  test('that is back is not waited for by an attempt from before', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'start', visible: true })
    world.pass(100)
    world.send({ type: 'network', kind: 'none', asked: true })
    world.server = { reaches: 'answers', ms: 40 }
    world.send({ type: 'network', kind: 'wifi', asked: false })
    world.pass(100)
    expect(world.up).toBe(true)
  })
  test('that a host denies when it is asked counts less than a connection that is up', () => {
    const world = online({ canProbe: false })
    world.send({ type: 'network', kind: 'none', asked: true })
    expect(statusOf(world.machine)).toBe('online')
  })
  test('is read when an attempt failed, so that the state can say why', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'fails', ms: 10 }
    world.send({ type: 'start', visible: true })
    world.pass(40)
    expect(world.done.filter((effect) => effect.do === 'askNetwork')).toHaveLength(2)
    world.send({ type: 'network', kind: 'none', asked: true })
    expect(statusOf(world.machine)).toBe('offline')
  })
  test('that is reported as gone counts as gone until something arrives', () => {
    const world = online({ canProbe: false })
    world.send({ type: 'network', kind: 'none', asked: false })
    expect(statusOf(world.machine)).toBe('offline')
    world.send({ type: 'alive', id: mainOf(world) })
    expect(statusOf(world.machine)).toBe('online')
  })
})

test('a call of connect() during an attempt shortens the wait for the next one', () => {
  const world = new MachineWorld({ hedge: false })
  world.server = { reaches: 'fails', ms: 10 }
  world.send({ type: 'start', visible: true })
  world.pass(10_000)
  expect(world.machine.failures).toBeGreaterThan(3)
  world.server = { reaches: 'hangs', ms: 0 }
  world.pass(3000)
  world.send({ type: 'connect' })
  world.send({ type: 'down', id: mainOf(world), error: new GameError('network') })
  expect(assertDefined(world.timer('retry'))).toBeLessThanOrEqual(250)
})

describe('a refusal', () => {
  test('leads to new credentials at once, then with growing waits, and to the end after five in a row', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'start', visible: true })
    for (let i = 1; i <= MAX_REFUSALS; i++) {
      expect(world.machine.reason).toBeNull()
      world.pass(3000)
      world.send({ type: 'refused', id: mainOf(world), error: new GameError('refused'), action: 'renew' })
    }
    expect(world.machine).toMatchObject({ reason: 'refused', error: { code: 'refused' } })
  })
  test('that is about the server is waited for, for as long as it asked', () => {
    const world = new MachineWorld()
    world.send({ type: 'start', visible: true })
    world.pass(25)
    world.send({ type: 'refused', id: mainOf(world), error: new GameError('overloaded', undefined, 20_000), action: 'wait' })
    expect(assertDefined(world.timer('retry'))).toBeGreaterThanOrEqual(20_000)
  })
})

describe('a second attempt', () => {
  test('begins beside a late handshake, asks for another node, and wins if it is ready first', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'start', visible: true })
    world.pass(900)
    world.server = { reaches: 'answers', ms: 40 }
    world.pass(300)
    expect(opens(world)).toEqual([1, 2])
    expect(world.up).toBe(true)
    expect(world.links.size).toBe(1)
  })
  test('that is late as well is replaced by one that asks for yet another', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'start', visible: true })
    world.pass(4500)
    // After 1, 2 and 4 seconds.
    expect(opens(world)).toEqual([1, 2, 3, 4])
  })
  test('begins beside a connection whose reply is late, and is given up if that comes first', () => {
    const world = online()
    world.send({ type: 'served', id: mainOf(world) })
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'late', id: mainOf(world) })
    expect(opens(world)).toEqual([1, 2])
    world.send({ type: 'served', id: mainOf(world) })
    expect(world.machine.rival).toBeNull()
    expect(world.links.size).toBe(1)
  })
  test('replaces a connection that ends meanwhile', () => {
    const world = online()
    world.server = { reaches: 'answers', ms: 200 }
    world.send({ type: 'late', id: mainOf(world) })
    world.send({ type: 'down', id: mainOf(world), error: new GameError('disconnected') })
    expect(opens(world)).toHaveLength(2)
    world.pass(250)
    expect(world.up).toBe(true)
  })
  test('replaces a connection that acknowledges nothing for the whole time', () => {
    const world = online()
    world.server = { reaches: 'answers', ms: 200 }
    world.send({ type: 'late', id: mainOf(world) })
    world.send({ type: 'silent', id: mainOf(world) })
    expect(opens(world)).toHaveLength(2)
    world.pass(250)
    expect(world.up).toBe(true)
    expect(opens(world)).toHaveLength(2)
  })
  test('does not begin if it was not enabled', () => {
    const world = online({ hedge: false })
    world.send({ type: 'late', id: mainOf(world) })
    expect(world.machine.rival).toBeNull()
  })
})

describe(`session:replaced`, () => {
  test('ends a connection', () => {
    const world = online()
    world.send({ type: 'replaced', id: mainOf(world) })
    expect(world.machine.reason).toBe('replaced')
  })
  test('from its own second attempt does not', () => {
    const world = online()
    world.server = { reaches: 'answers', ms: 200 }
    world.send({ type: 'late', id: mainOf(world) })
    const before = mainOf(world)
    world.send({ type: 'replaced', id: before })
    // The server will send nothing more to that connection.
    world.send({ type: 'served', id: before })
    expect(mainOf(world)).not.toBe(before)
    world.pass(250)
    expect(world.machine.reason).toBeNull()
    expect(world.up).toBe(true)
  })
  test('from an attempt that it just gave up does not, though that one was accepted after it', () => {
    const world = new MachineWorld()
    world.server = { reaches: 'hangs', ms: 0 }
    world.send({ type: 'start', visible: true })
    world.pass(900)
    world.server = { reaches: 'answers', ms: 40 }
    world.pass(300)
    world.send({ type: 'replaced', id: mainOf(world) })
    expect(world.machine.reason).toBeNull()
    world.pass(100)
    expect(world.up).toBe(true)
    world.pass(31_000)
    world.send({ type: 'replaced', id: mainOf(world) })
    expect(world.machine.reason).toBe('replaced')
  })
})

test('a server that accepts connections and replies to nothing is tried with growing waits, and counted', () => {
  const world = online()
  const gaps: number[] = []
  for (let i = 0; i < 8; i++) {
    world.send({ type: 'silent', id: mainOf(world) })
    gaps.push(assertDefined(world.timer('retry')))
    world.pass(assertDefined(world.timer('retry')) + 100)
    expect(world.up).toBe(true)
  }
  expect(gaps[0]).toBe(0)
  expect(assertDefined(gaps.at(-1))).toBeGreaterThan(assertDefined(gaps[1]) * 4)
  expect(world.machine.failures).toBe(8)
  world.send({ type: 'served', id: mainOf(world) })
  world.pass(6000)
  expect(world.machine.failures).toBe(0)
})
