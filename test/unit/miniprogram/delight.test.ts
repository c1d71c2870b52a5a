import { afterEach, expect, test, vi } from 'vitest'
import { ResultCard } from '../../../miniprogram/services/result-card.ts'
import { matchPageView, stageOf } from '../../../miniprogram/services/match-view.ts'
import { play, soundIsOn, turnSound } from '../../../miniprogram/services/sounds.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'
import { snapshotOf, view } from '../../support/match-view.ts'

afterEach(() => void vi.unstubAllGlobals())

/** A phone's storage, and the other parts of `wx` that a test needs. */
function phone(more: object = {}): Map<string, string> {
  const stored = new Map<string, string>()
  vi.stubGlobal('wx', {
    getStorageSync: (key: string) => stored.get(key) ?? '',
    setStorageSync: (key: string, value: string) => void stored.set(key, value),
    removeStorageSync: (key: string) => void stored.delete(key),
    ...more,
  })
  return stored
}

test('sounds are off until they are turned on, which is remembered; a phone without sound is silent', () => {
  const createWebAudioContext = vi.fn(() => {
    throw new Error('no sound here')
  })
  const stored = phone({ createWebAudioContext })
  play('win')
  expect([soundIsOn(), createWebAudioContext.mock.calls.length]).toEqual([false, 0])
  turnSound(true)
  expect([soundIsOn(), stored.get('caiquan.sound'), createWebAudioContext.mock.calls.length]).toEqual([true, 'on', 1])
  turnSound(false)
  expect([soundIsOn(), stored.size]).toEqual([false, 0])
})

test('a sound is made of tones that begin and end in silence', () => {
  const begun: number[] = []
  const levels: number[] = []
  const parameter = (values: number[]) => ({
    setValueAtTime: (value: number) => values.push(value),
    linearRampToValueAtTime: (value: number) => values.push(value),
  })
  const node = () => ({
    connect: () => undefined,
    frequency: parameter([]),
    gain: parameter(levels),
    start: (at: number) => begun.push(at),
    stop: () => undefined,
  })
  phone({ createWebAudioContext: () => ({ state: 'running', currentTime: 5, destination: {}, createOscillator: node, createGain: node }) })
  turnSound(true)
  expect(begun).toEqual([5, 5.12])
  expect(levels).toEqual([0, 0.14, 0, 0, 0.14, 0])
})

test.each([
  ['win', 0, '我 2 : 0 赢了 bob，来和我猜拳！'],
  ['loss', 1, '我和 bob 猜拳，2 : 0，来替我报仇！'],
  ['draw', null, '我和 bob 猜拳，2 : 0 握手言和，你也来！'],
] as const)('a %s can be shared as a sentence, without a canvas too', (_, winner, title) => {
  phone()
  const snapshot = snapshotOf(view({ status: 'finished', result: { winner, reason: 'score' } }, [false, false], [2, 0]), 0)
  const card = new ResultCard(textsFor('zh'))
  card.draw(matchPageView(snapshot, textsFor('zh'), stageOf(snapshot)))
  expect(card).toMatchObject({ title, picture: '' })
})
