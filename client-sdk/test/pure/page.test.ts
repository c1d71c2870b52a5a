import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { bindPage, type PageLike } from '../../src/client/bind-page.ts'
import { countdown } from '../../src/client/countdown.ts'
import { Listeners } from '../../src/util/listeners.ts'

describe('a bound page', () => {
  function source() {
    const listeners = new Listeners<[{ score: number; names: string[] }]>()
    const subscribe = (listener: (snapshot: { score: number; names: string[] }) => void) => {
      const off = listeners.add(listener)
      listener({ score: 0, names: ['a'] })
      return off
    }
    return { listeners, subscribe }
  }

  test('gets only changed fields', () => {
    const { listeners, subscribe } = source()
    const page = { setData: vi.fn() }
    bindPage(page, subscribe, (snapshot) => ({ score: snapshot.score, names: snapshot.names }))
    listeners.emit({ score: 1, names: ['a'] })
    listeners.emit({ score: 1, names: ['a'] })
    expect(page.setData.mock.calls).toEqual([[{ score: 0, names: ['a'] }], [{ score: 1 }]])
  })

  test('gets nothing after it unloads, and its own onUnload runs', () => {
    const { listeners, subscribe } = source()
    const unloaded = vi.fn()
    const setData = vi.fn()
    const page: PageLike = { setData, onUnload: unloaded }
    bindPage(page, subscribe, ({ score }) => ({ score }))
    page.onUnload?.()
    expect(unloaded).toHaveBeenCalledOnce()
    expect(unloaded.mock.contexts[0]).toBe(page)
    listeners.emit({ score: 9, names: [] })
    expect(setData).toHaveBeenCalledOnce()
    expect(page.onUnload).toBe(unloaded)
  })

  test('that unloads when it is shown for the first time is released', () => {
    const { listeners, subscribe } = source()
    let sets = 0
    const page: PageLike = {
      setData: () => {
        sets++
        page.onUnload?.()
      },
    }
    bindPage(page, subscribe, ({ score }) => ({ score }))
    listeners.emit({ score: 1, names: [] })
    expect(sets).toBe(1)
  })

  test('that inherits its onUnload inherits it again when released', () => {
    const { subscribe } = source()
    const unloaded = vi.fn()
    const page = Object.create({ onUnload: unloaded }) as { setData(): void; onUnload?: () => unknown }
    page.setData = () => undefined
    const release = bindPage(page, subscribe, ({ score }) => ({ score }))
    expect(page.onUnload).not.toBe(unloaded)
    release()
    expect(page.onUnload).toBe(unloaded)
  })
})

describe('a countdown', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  test.each([0, -1, NaN, Infinity])('with steps of %s ms ticks as it does by default', (everyMs) => {
    const ticks: (number | null)[] = []
    const stop = countdown(
      (changed) => {
        changed()
        return () => undefined
      },
      () => 1000,
      (left) => ticks.push(left),
      everyMs,
    )
    vi.advanceTimersByTime(1000)
    expect(ticks).toHaveLength(6)
    stop()
  })

  test('ticks on whole steps while there is time, and stops without', () => {
    const listeners = new Listeners<[]>()
    const end = Date.now() + 1050
    let open = true
    const ticks: (number | null)[] = []
    const stop = countdown(
      (changed) => {
        const off = listeners.add(changed)
        changed()
        return off
      },
      () => (open ? Math.max(0, end - Date.now()) : null),
      (left) => ticks.push(left),
      500,
    )
    vi.advanceTimersByTime(5000)
    expect(ticks).toEqual([1050, 1000, 500, 0])
    expect(vi.getTimerCount()).toBe(0)
    open = false
    listeners.emit()
    expect(ticks.at(-1)).toBeNull()
    stop()
    open = true
    listeners.emit()
    expect(ticks).toHaveLength(5)
  })
})
