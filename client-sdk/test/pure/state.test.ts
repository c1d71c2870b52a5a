import { describe, expect, test } from 'vitest'
import { afterNetwork, afterShow, mayConnect, statusOf, type Facts } from '../../src/connection/state.ts'

const facts = (changes: Partial<Facts> = {}): Facts => ({
  started: true,
  reason: null,
  visible: true,
  network: true,
  phase: 'up',
  ...changes,
})

describe('the status that facts amount to', () => {
  test.each<[Partial<Facts>, string]>([
    [{ started: false, phase: 'down' }, 'idle'],
    [{ phase: 'login' }, 'login'],
    [{ phase: 'handshake' }, 'connecting'],
    [{ phase: 'waiting' }, 'connecting'],
    [{}, 'online'],
    [{ visible: false }, 'suspended'],
    [{ network: false }, 'offline'],
    [{ visible: false, network: false }, 'suspended'],
    [{ reason: 'replaced', visible: false }, 'closed'],
  ])('%j is %s', (changes, status) => {
    expect(statusOf(facts(changes))).toBe(status)
  })

  test('nothing is tried while hidden, without network, before the start and after the end', () => {
    expect(mayConnect(facts())).toBe(true)
    for (const change of [{ started: false }, { visible: false }, { network: false }, { reason: 'closed' }] as const)
      expect(mayConnect(facts(change))).toBe(false)
  })
})

describe('after the background', () => {
  test('a short absence is followed by a probe, a long one by a new connection', () => {
    expect(afterShow('up', 3000, 10_000)).toBe('probe')
    expect(afterShow('up', 10_000, 10_000)).toBe('renew')
  })
  test('a clock that was set back counts as a long absence', () => {
    expect(afterShow('up', -1, 10_000)).toBe('renew')
  })
  test('what was not up begins anew', () => {
    for (const phase of ['login', 'handshake', 'waiting', 'down'] as const)
      expect(afterShow(phase, 100, 10_000)).toBe('renew')
  })
})

describe('after a change of network', () => {
  test('another kind of network is another address', () => {
    expect(afterNetwork('up', 'wifi', '4g')).toBe('renew')
    expect(afterNetwork('up', '5g', 'wifi')).toBe('renew')
  })
  test('the same kind may still carry the connection', () => {
    expect(afterNetwork('up', '4g', '5g')).toBe('probe')
    expect(afterNetwork('up', 'wifi', 'wifi')).toBe('probe')
  })
  test('what is not up begins anew', () => {
    expect(afterNetwork('waiting', 'wifi', 'wifi')).toBe('renew')
    expect(afterNetwork('handshake', 'wifi', 'wifi')).toBe('renew')
  })
})
