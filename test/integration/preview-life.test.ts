import axe from 'axe-core'
import { createConnection } from 'mariadb'
import { expect, test } from 'vitest'
import { connectionOptions } from '../../prisma/connection.ts'
import { usePreview } from '../support/preview.ts'

const preview = usePreview({ env: { ROUND_MS: '60000', BOT_MIN_MS: '100', BOT_MAX_MS: '200' } })

const WORDS = {
  'zh-CN': { gotIt: '知道了', about: '关于', health: '适度游戏益脑', age: '适合 8 周岁', licence: 'socket.io-client · MIT', rules: '玩法' },
  'en-US': {
    gotIt: 'Got it',
    about: 'About',
    health: 'too much harms the body',
    age: '8 years and above',
    licence: 'socket.io-client · MIT',
    rules: 'Rules',
  },
}

test.each([
  ['zh-CN', 'light'],
  ['en-US', 'dark'],
] as const)('the notices are on a page of their own that fits into 320 px, in %s and in the %s', async (locale, colorScheme) => {
  const words = WORDS[locale]
  const tab = await preview.open({ locale, colorScheme, viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' })
  await tab.ready()
  await tab.press(words.gotIt)
  const question = await tab.page.getByRole('button', { name: words.rules, exact: true }).boundingBox()
  expect((question?.y ?? 0) + (question?.height ?? 1e9), 'the rules are within reach').toBeLessThanOrEqual(568)
  await tab.press(words.about)
  for (const text of [words.health, words.age, words.licence]) await tab.sees(text)
  await tab.shot(`about-${locale}-${colorScheme}`)
  expect(await tab.overflowing()).toEqual([])
  await tab.page.evaluate(axe.source)
  const findings = await tab.page.evaluate<string[]>(
    `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id }) => id))`,
  )
  expect(findings).toEqual([])
  await tab.press(words.rules)
  await tab.press(words.gotIt)
})

test('the screen stays on during a match, and a new version waits for its end', async () => {
  const tab = await preview.open({ locale: 'en-US' })
  const screen = (): Promise<string> => tab.page.evaluate<string>("document.body.dataset.screen || 'off'")
  await tab.ready()
  expect(await screen()).toBe('off')
  await tab.press('Practise with a bot')
  await tab.sees('Choose your hand')
  expect(await screen()).toBe('on')
  await tab.page.evaluate("document.dispatchEvent(new Event('update-ready'))")
  await tab.press('Leave')
  // This dialog is the one for leaving: no other one is shown before it.
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  const dialog = tab.page.getByRole('dialog')
  await dialog.getByText('There is a new version').waitFor()
  expect(await screen()).toBe('off')
  await Promise.all([tab.page.waitForEvent('load'), dialog.getByRole('button', { name: 'Restart' }).click()])
  await tab.ready()
})

test('the page says when a new version cannot be downloaded', async () => {
  const tab = await preview.open({ locale: 'en-US' })
  await tab.ready()
  await tab.page.evaluate("document.dispatchEvent(new Event('update-failed'))")
  await tab.page.getByText('could not be downloaded').waitFor()
})

test('a phone with too old a base library is told to update WeChat', async () => {
  const tab = await preview.open({ locale: 'en-US' }, `${preview.cluster.info.url}/?library=2.33.0`)
  await tab.page.getByRole('dialog').getByText('This WeChat is too old').waitFor()
})

test('a shared card has a title and an existing picture, from home, from a room and for the timeline', async () => {
  const tab = await preview.open({ locale: 'en-US' })
  await tab.ready()
  const card = (name: string) =>
    tab.page.evaluate<{ title: string; imageUrl: string; path?: string }>(`getCurrentPages().at(-1).${name}({ from: 'menu' })`)
  const home = await card('onShareAppMessage')
  expect(home).toMatchObject({ title: 'Rock, paper, scissors: a match?', path: '/pages/home/home' })
  expect(await card('onShareTimeline')).toMatchObject({ title: home.title, imageUrl: home.imageUrl })
  await tab.press('Invite a friend')
  await tab.sees('Waiting for your friend')
  const room = await card('onShareAppMessage')
  expect(room.path).toMatch(/\?code=[A-Z0-9]{6}$/)
  const [width, height] = await tab.page.evaluate<number[]>(
    `new Promise((resolve, reject) => {
      const image = new Image()
      image.onload = () => resolve([image.width, image.height])
      image.onerror = reject
      image.src = ${JSON.stringify(room.imageUrl)}
    })`,
  )
  expect([width, height]).toEqual([500, 400])
})

test('the history says why a match shows no rounds: none was played to its end, or they are archived', async () => {
  const tab = await preview.open({ locale: 'en-US' })
  await tab.ready()
  await tab.press('Practise with a bot')
  await tab.sees('Choose your hand')
  await tab.press('Leave')
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Leave', exact: true }).click()
  await tab.ready()
  const look = async (): Promise<void> => {
    await tab.press('History')
    await tab.page.locator('page:not([hidden]) [role="button"][aria-expanded]').first().click()
  }
  // The recorder takes a moment.
  await expect
    .poll(() => tab.page.evaluate<number>('getApp().game.history({ limit: 1 }).then(({ matches }) => matches.length)'), { timeout: 10_000 })
    .toBe(1)
  await look()
  await tab.sees('No round was played to its end')
  const database = await createConnection(connectionOptions(preview.cluster.info.mysql.url))
  const tomorrow = Math.floor(Date.now() / 86_400_000) + 1
  await database.query("REPLACE INTO Setting (name, value) VALUES ('archivedBefore', ?)", [String(tomorrow)])
  await database.end()
  await tab.page.reload()
  await tab.ready()
  await look()
  await tab.sees('The rounds of this match are archived')
})
