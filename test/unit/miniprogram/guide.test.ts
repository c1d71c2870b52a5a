import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { GameClient, GameSnapshot } from '../../../client-sdk/src/index.ts'
import { Guide } from '../../../miniprogram/services/guide.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'

let pages: string[]
let refusals: number
let opened: string[]

beforeEach(() => {
  vi.useFakeTimers()
  pages = ['pages/home/home']
  refusals = 0
  opened = []
  const open = async ({ url }: { url: string }): Promise<void> => {
    opened.push(url)
    if (refusals-- > 0) throw new Error('navigateTo:fail')
    pages.push(url.slice(1))
  }
  vi.stubGlobal('getCurrentPages', () => pages.map((route) => ({ route })))
  vi.stubGlobal('wx', {
    navigateTo: open,
    redirectTo: open,
    vibrateLong: () => undefined,
    getStorageSync: () => '',
    setStorageSync: () => undefined,
    createInnerAudioContext: () => ({ play: () => undefined }),
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

/** A guide, and what tells it of a match with this status. */
function guided(): (status: 'waiting' | 'playing') => void {
  let take: (snapshot: GameSnapshot) => void = () => undefined
  const client = { match: null, seat: null, subscribe: (listener: typeof take) => (take = listener) } as unknown as GameClient
  const guide = new Guide({ client, texts: textsFor('zh_CN'), showError: () => undefined })
  guide.start()
  return (status) => take({ match: { id: '0-x', status }, seat: 0 } as unknown as GameSnapshot)
}

test('a page that WeChat refuses to open, because another one is opening, is opened a little later', async () => {
  const take = guided()
  refusals = 2
  take('waiting')
  await vi.advanceTimersByTimeAsync(2000)
  expect(pages.at(-1)).toBe('pages/room/room')
  expect(opened).toHaveLength(3)
})

test('a page that is not wanted any more is not tried again', async () => {
  const take = guided()
  refusals = 1
  take('waiting')
  await vi.advanceTimersByTimeAsync(100)
  take('playing')
  await vi.advanceTimersByTimeAsync(3000)
  expect(opened).toEqual(['/pages/room/room', '/pages/match/match'])
})
