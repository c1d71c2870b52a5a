import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { usePreview } from '../support/preview.ts'

const preview = usePreview()

const WORDS = {
  'zh-CN': { gotIt: '知道了', title: '隐私保护指引', agree: '同意', decline: '不同意', invite: '邀请好友', copy: '复制房间码', copied: '房间码已复制', declined: '这项功能用不了', undeclared: '没有声明', picture: '更换头像', nickname: '昵称' },
  'en-US': { gotIt: 'Got it', title: 'Privacy guide', agree: 'Agree', decline: 'Decline', invite: 'Invite a friend', copy: 'Copy the code', copied: 'Code copied', declined: 'needs your consent', undeclared: 'does not declare', picture: 'Change picture', nickname: 'Nickname' },
}
type Locale = keyof typeof WORDS

const open = (locale: Locale, consent: string, colorScheme: 'light' | 'dark' = 'light'): Promise<Tab> =>
  preview.open({ locale, colorScheme, viewport: { width: 320, height: 568 }, reducedMotion: 'reduce' }, `${preview.cluster.info.url}/?privacy=${consent}`)

const sheet = (tab: Tab) => tab.page.locator('page:not([hidden]) [role="dialog"]')
const says = (tab: Tab, text: string): Promise<void> => tab.page.locator('.toast').getByText(text).waitFor()

async function room(tab: Tab, words: (typeof WORDS)[Locale]): Promise<void> {
  await tab.ready()
  await tab.press(words.gotIt)
  await tab.press(words.invite)
  await tab.page.getByRole('button', { name: words.copy }).waitFor()
}

test.each([['zh-CN', 'light'], ['en-US', 'dark']] as const)('the sheet asks before the first use, fits into 320 px and can be read and agreed to, in %s and in the %s', async (locale, colorScheme) => {
  const words = WORDS[locale]
  const tab = await open(locale, 'ask', colorScheme)
  await room(tab, words)
  await tab.press(words.copy)
  await sheet(tab).waitFor()
  await tab.shot(`privacy-${locale}-${colorScheme}`)
  expect(await tab.overflowing()).toEqual([])
  await tab.page.evaluate(axe.source)
  const findings = await tab.page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations.map(({ id }) => id))`)
  expect(findings).toEqual([])
  await tab.press('《猜拳隐私保护指引》')
  await says(tab, '《猜拳隐私保护指引》')
  await tab.press(words.agree)
  await says(tab, words.copied)
  await sheet(tab).waitFor({ state: 'detached' })
  // Asked once.
  await tab.press(words.copy)
  await says(tab, words.copied)
  expect(await sheet(tab).count()).toBe(0)
})

test('who declines is told what does not work, plays on, and is told again rather than nothing', async () => {
  const words = WORDS['en-US']
  const tab = await open('en-US', 'ask')
  await room(tab, words)
  for (const press of [words.copy, words.decline]) await tab.press(press)
  await says(tab, words.declined)
  await tab.page.locator('.toast.shown').waitFor({ state: 'detached' })
  // WeChat does not ask again so soon.
  await tab.press(words.copy)
  await says(tab, words.declined)
  expect(await sheet(tab).count()).toBe(0)
})

test('what the guide does not declare is told as such', async () => {
  const words = WORDS['en-US']
  const tab = await open('en-US', 'undeclared')
  await tab.ready()
  await tab.page.getByRole('button', { name: words.picture }).click()
  await says(tab, words.undeclared)
  await tab.page.locator('.toast.shown').waitFor({ state: 'detached' })
  await room(tab, words)
  await tab.press(words.copy)
  await says(tab, words.undeclared)
})

test('the picture and the nickname ask as well', async () => {
  const words = WORDS['zh-CN']
  const [picture, name] = await Promise.all([open('zh-CN', 'ask'), open('zh-CN', 'ask')])
  await Promise.all([picture.ready(), name.ready()])
  await picture.page.getByRole('button', { name: words.picture }).click()
  await picture.press(words.agree)
  // The pictures that the preview has to offer.
  await picture.page.getByRole('dialog').waitFor()
  await name.page.getByLabel(words.nickname).focus()
  await sheet(name).waitFor()
  await name.press(words.decline)
  await says(name, words.declined)
  await sheet(name).waitFor({ state: 'detached' })
})
