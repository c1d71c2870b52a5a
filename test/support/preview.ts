import type { Browser } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { MatchReply, MatchesReply } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { buildPreview } from '../../preview/build.ts'
import { openBrowser, Tab } from './browser.ts'
import { testCluster, type TestClusterOptions } from './cluster.ts'
import { http } from './http.ts'

/** The mini program in browsers, on a cluster behind nginx. */
export interface Preview {
  readonly cluster: Cluster
  readonly browser: Browser
  /** A new player opens the game, or the address that they were sent; `expected`: see `Tab.expects`. With `sameAs`, the player of that tab. */
  open(options?: Parameters<typeof Tab.open>[2], address?: string, expected?: RegExp, sameAs?: Tab): Promise<Tab>
  /** Two new players who have met by a quick match. */
  pair(options?: Parameters<typeof Tab.open>[2]): Promise<[Tab, Tab]>
}

let players = 0

/** Registers the hooks of a test file: a message in a console fails the test, unless the tab was told to expect it. */
export function usePreview(options: TestClusterOptions = {}): Preview {
  let browser: Browser | undefined
  let cluster: Cluster | undefined
  let tabs: Tab[] = []
  beforeAll(async () => {
    browser = await openBrowser()
    await buildPreview(options.env?.['GAME'])
    cluster = await testCluster({ nginx: true, ...options })
  })
  afterEach(async () => {
    const faults = tabs.flatMap((tab) => tab.faults)
    await Promise.all(tabs.map((tab) => tab.close()))
    tabs = []
    expect(faults, 'messages in the consoles').toEqual([])
  })
  afterAll(async () => {
    await browser?.close()
    await cluster?.close()
  })
  const preview: Preview = {
    get cluster() {
      return cluster ?? expect.unreachable('before beforeAll')
    },
    get browser() {
      return browser ?? expect.unreachable('before beforeAll')
    },
    async open(tabOptions = {}, address = `${preview.cluster.info.url}/`, expected, sameAs) {
      const url = new URL(address)
      const known = sameAs && new URL(sameAs.page.url()).searchParams.get('player')
      url.searchParams.set('player', known || `preview-${process.pid}-${++players}`)
      const tab = await Tab.open(preview.browser, url.href, tabOptions, expected)
      tabs.push(tab)
      return tab
    },
    async pair(tabOptions = {}) {
      const [one, two] = await Promise.all([preview.open(tabOptions), preview.open(tabOptions)])
      await Promise.all([one.press('休闲赛'), two.press('休闲赛')])
      await Promise.all([one.sees('请出拳'), two.sees('请出拳')])
      return [one, two]
    },
  }
  return preview
}

/** Opens a room from the home page. Returns its code. */
export async function hostRoom(tab: Tab): Promise<string> {
  await tab.press('邀请好友')
  await tab.sees('等待好友加入')
  return (await tab.page.locator('page:not([hidden]) .letters').getAttribute('aria-label')) ?? ''
}

/** Puts the app of this tab into the background, or brings it back: a browser's tab is never covered in a test. */
export async function setVisible(tab: Tab, visible: boolean): Promise<void> {
  await tab.page.evaluate(`
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => '${visible ? 'visible' : 'hidden'}' })
    document.dispatchEvent(new Event('visibilitychange'))`)
}

/** Plays a best of three to its end: the first player with rock, the second with scissors. */
export async function playOut(winner: Tab, loser: Tab): Promise<void> {
  for (const [one, two] of [
    [1, 0],
    [2, 0],
  ] as const) {
    await Promise.all([winner.press('石头'), loser.press('剪刀')])
    await winner.score(one, two)
    await loser.score(two, one)
  }
  await Promise.all([winner.sees('你赢了！'), loser.sees('你输了')])
}

/** The newest match that the server has recorded for the tab's player, and their seat in it; waits until there is one. */
export async function recordOf(tab: Tab, url: string): Promise<MatchReply & { seat: 0 | 1 }> {
  const headers = { sessionid: await tab.sessionId() }
  const ask = async <T>(path: string): Promise<T> => (await http<T>(`${url}${path}`, { headers })).body
  const { player } = await ask<{ player: { id: string } }>('/api/session')
  const newest = async () => (await ask<MatchesReply>('/api/matches?limit=1')).matches[0]
  await expect.poll(async () => (await newest())?.result ?? null, { timeout: 10_000 }).not.toBeNull()
  const { id = '' } = (await newest()) ?? {}
  const reply = await ask<MatchReply>(`/api/matches/${id}`)
  return { ...reply, seat: reply.match.seats[0]?.player.id === player.id ? 0 : 1 }
}
