import { expect, test } from 'vitest'
import { RedisTime } from '../../tools/chaos/redis-time.ts'

/** Set back by 40 s at 100 s, correct again at 110 s: the clock shows 60 s to 110 s (true 100 s to 110 s: 60 s to 70 s) a second time. */
function setBack(): RedisTime {
  const times = new RedisTime()
  times.step(-40_000, 100_000, 100_000)
  times.step(0, 110_000, 110_000)
  return times
}

/** Set forward by 40 s at 100 s, correct again at 110 s: the clock shows 140 s to 150 s twice, 100 s to 110 s never. */
function setForward(): RedisTime {
  const times = new RedisTime()
  times.step(40_000, 100_000, 100_000)
  times.step(0, 110_000, 110_000)
  return times
}

test('a clock that was never stepped shows the true time', () => {
  const times = new RedisTime()
  expect(times.steps).toBe(0)
  expect(times.meanings(5)).toEqual([5])
  expect(times.firstOutOfOrder([1, 2, 2, 3])).toBe(-1)
  expect(times.firstOutOfOrder([1, 3, 2])).toBe(2)
  expect(times.spans([1, 4])).toEqual([{ from: 1, to: 4 }])
  expect(times.spans([4, 1])).toEqual([])
  expect(times.stepsBack(0)).toEqual([])
  expect(times.isUndisturbed([1, 9])).toBe(true)
})

test('a time that the clock has shown twice may mean either, and one that it never showed means nothing', () => {
  expect(setBack().meanings(65_000)).toEqual([65_000, 105_000])
  expect(setBack().meanings(80_000)).toEqual([80_000])
  expect(setBack().meanings(105_000)).toEqual([])
  expect(setForward().meanings(145_000)).toEqual([105_000, 145_000])
  expect(setForward().meanings(105_000)).toEqual([])
})

test('an order is possible if some meaning of each time makes it so', () => {
  // At 99 s, five seconds after the step, and after the step to the correct time.
  expect(setBack().firstOutOfOrder([99_000, 65_000, 112_000])).toBe(-1)
  expect(setBack().firstOutOfOrder([99_000, 65_000, 80_000])).toBe(2)
  expect(setBack().firstOutOfOrder([112_000, 65_000])).toBe(1)
  expect(setBack().spans([65_000, 66_000, 112_000])).toEqual([
    { from: 65_000, to: 112_000 },
    { from: 105_000, to: 112_000 },
  ])
})

test('a step back is found between the times before and after it, and no other', () => {
  const [step] = setBack().stepsBack(99_000)
  expect(step?.clock).toBeGreaterThanOrEqual(59_990)
  expect(step?.clock).toBeLessThanOrEqual(60_000)
  expect(setBack().stepsBack(90_000, 95_000)).toEqual([])
  expect(setBack().stepsBack(112_000)).toEqual([])
  // The step forward is not one; the step that corrects it is.
  expect(
    setForward()
      .stepsBack(99_000)
      .map(({ clock }) => Math.round(clock / 1000)),
  ).toEqual([110])
})

test('only times of one meaning each, without a step between them, are undisturbed', () => {
  expect(setBack().isUndisturbed([75_000, 76_000])).toBe(true)
  expect(setBack().isUndisturbed([65_000, 66_000])).toBe(false)
  expect(setForward().isUndisturbed([99_000, 139_000])).toBe(false)
  // The clock was set back and corrected between these two.
  expect(setBack().isUndisturbed([80_000, 112_000])).toBe(false)
})
