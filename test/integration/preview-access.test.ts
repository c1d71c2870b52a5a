import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { usePreview } from '../support/preview.ts'

const preview = usePreview()

const WORDS = {
  'zh-CN': {
    ranking: '排行榜',
    history: '战绩',
    room: '邀请好友',
    close: '关闭房间',
    practice: '和机器人练习',
    back: '返回',
    emotes: '表情',
    leave: '离开',
    over: '返回首页',
  },
  'en-US': {
    ranking: 'Ranking',
    history: 'History',
    room: 'Invite a friend',
    close: 'Close the room',
    practice: 'Practise with a bot',
    back: 'Back',
    emotes: 'Emotes',
    leave: 'Leave',
    over: 'Home',
  },
}
type Locale = keyof typeof WORDS

/** Shows every page in turn. */
async function tour(tab: Tab, locale: Locale, look: (name: string) => Promise<void>): Promise<void> {
  const words = WORDS[locale]
  await tab.ready()
  await look('home')
  for (const name of ['ranking', 'history'] as const) {
    await tab.press(words[name])
    await tab.page.getByRole('heading', { name: words[name] }).waitFor()
    await look(name)
    await tab.press(words.back)
  }
  await tab.press(words.room)
  await tab.page.getByRole('button', { name: words.close }).waitFor()
  await look('room')
  await tab.press(words.close)
  await tab.press(words.practice)
  await tab.page.getByRole('button', { name: words.emotes }).waitFor()
  await look('match')
  await tab.press(words.emotes)
  await look('emotes')
  await tab.press(words.emotes)
  await tab.press(words.leave)
  await tab.page.getByRole('dialog').waitFor()
  await look('leaving')
  await tab.page.getByRole('dialog').getByRole('button', { name: words.leave }).click()
  await tab.ready()
}

test.each(['zh-CN', 'en-US'] as const)('every page fits into 320 px in %s', async (locale) => {
  const tab = await preview.open({ locale, viewport: { width: 320, height: 568 } })
  await tour(tab, locale, async (name) => {
    await tab.shot(`320-${locale}-${name}`)
    expect(await tab.overflowing(), name).toEqual([])
  })
})

test.each(['zh-CN', 'en-US'] as const)('every page fits with letters half as large again in %s', async (locale) => {
  const tab = await preview.open({ locale, viewport: { width: 375, height: 667 } })
  await tab.page.evaluate('document.documentElement.style.fontSize = "24px"')
  await tour(tab, locale, async (name) => {
    await tab.shot(`large-${locale}-${name}`)
    expect(await tab.overflowing(), name).toEqual([])
  })
})

test.each(['light', 'dark'] as const)('every page works with a screen reader, a keyboard and weak eyes in the %s', async (colorScheme) => {
  // An element that moves is half transparent for a moment, and its contrast would be measured then.
  const tab = await preview.open({ colorScheme, reducedMotion: 'reduce' })
  await tab.page.evaluate(axe.source)
  await tour(tab, 'zh-CN', async (name) => {
    const violations = await tab.page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(
      `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
    )
    const faults = violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`))
    expect(faults, name).toEqual([])
  })
})

test('every button is large enough for a thumb', async () => {
  const tab = await preview.open({ viewport: { width: 320, height: 568 } })
  await tour(tab, 'zh-CN', async (name) => {
    const small = await tab.page.evaluate<string[]>(`
      [...document.querySelectorAll('page:not([hidden]) :is(button, input, [role="button"])')]
        .filter((element) => { const { width, height } = element.getBoundingClientRect(); return width > 0 && (width < 44 || height < 44) })
        .map((element) => element.outerHTML.slice(0, 120))`)
    expect(small, name).toEqual([])
  })
})

test('on a slow network the page says what it waits for, and nothing jumps when that comes', async () => {
  const tab = await preview.open()
  await tab.ready()
  const { page } = tab
  const slow = await page.context().newCDPSession(page)
  await slow.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 600,
    downloadThroughput: 60_000,
    uploadThroughput: 30_000,
  })
  await page.addInitScript(`
    globalThis.shifts = []
    new PerformanceObserver((list) => {
      const htmlOf = ({ node }) => node?.outerHTML?.slice(0, 80) ?? String(node)
      for (const { value, sources } of list.getEntries()) shifts.push([value, sources.map(htmlOf)])
    }).observe({ type: 'layout-shift', buffered: true })`)
  await page.reload({ waitUntil: 'commit' })
  await page.locator('page .bone').first().waitFor()
  await tab.ready()
  for (const name of ['排行榜', '战绩']) {
    await tab.press(name)
    await page.locator('page:not([hidden]) .bone').first().waitFor()
    await page.locator('page:not([hidden]) .bone').first().waitFor({ state: 'detached' })
    await tab.press('返回')
  }
  await tab.press('和机器人练习')
  await tab.sees('请出拳')
  await tab.press('石头')
  await tab.sees('已出拳，等待')
  // Chromium's own measure. A value of 0.1 counts as good; a line of text is about 0.01.
  const shifts = await page.evaluate<[number, string[]][]>('shifts')
  expect(
    shifts.reduce((total, [value]) => total + value, 0),
    JSON.stringify(shifts),
  ).toBeLessThan(0.02)
})
