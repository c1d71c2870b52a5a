/** The effect of WeChat's privacy rules and checks of nicknames on the pages: every refusal comes with a sentence that says so. */
import axe from 'axe-core'
import { expect, test } from 'vitest'
import type { Tab } from '../support/browser.ts'
import { SAFETY_ENV } from '../support/content-safety.ts'
import { hostRoom, usePreview } from '../support/preview.ts'

const preview = usePreview({ env: SAFETY_ENV })
const open = (privacy: string, options = {}): Promise<Tab> => preview.open(options, `${preview.cluster.info.url}/?privacy=${privacy}`)
const toast = (tab: Tab, text: string) => tab.page.locator('.toast', { hasText: text }).waitFor()
const sheet = (tab: Tab) => tab.page.getByRole('dialog', { name: '隐私保护' })
const nicknameOf = (tab: Tab) => tab.page.evaluate<string>('getApp().game.me.nickname')
const field = (tab: Tab) => tab.page.getByRole('textbox', { name: '昵称' })

test('the clipboard needs the agreement; a player who declines reads an alternative, and may agree later', async () => {
  const tab = await open('ask')
  await tab.ready()
  const code = await hostRoom(tab)
  await tab.press('复制房间码')
  await sheet(tab).waitFor()
  await tab.shot('privacy-sheet')
  await tab.press('不同意')
  await toast(tab, `你没有同意隐私保护指引。没能复制，请把房间码 ${code} 告诉好友`)
  await sheet(tab).waitFor({ state: 'detached' })
  await tab.press('复制房间码')
  await tab.press('《猜拳小程序隐私保护指引》')
  await tab.page.getByRole('dialog', { name: '《猜拳小程序隐私保护指引》' }).getByRole('button', { name: '确定' }).click()
  await tab.press('同意')
  await toast(tab, '房间码已复制')
  expect(await tab.page.evaluate<string>('navigator.clipboard.readText()')).toBe(code)
  await tab.press('复制房间码')
  await expect(sheet(tab).waitFor({ timeout: 500 })).rejects.toThrow()
})

test('a use that the agreement does not name is refused with a sentence, not silently', async () => {
  const tab = await open('undeclared')
  await tab.ready()
  await tab.press('更换头像')
  await toast(tab, '这个版本还不能使用该功能。没有更换头像')
  const code = await hostRoom(tab)
  await tab.press('复制房间码')
  await toast(tab, `这个版本还不能使用该功能。没能复制，请把房间码 ${code} 告诉好友`)
})

test('a picture and a nickname need the agreement, too', async () => {
  const tab = await open('ask')
  await tab.ready()
  await tab.press('更换头像')
  await tab.press('不同意')
  await toast(tab, '没有更换头像')
  await field(tab).focus()
  await sheet(tab).waitFor()
  await tab.press('同意')
  await tab.press('更换头像')
  // WeChat may decide within a frame.
  const reviewed = await tab.watchFor('新头像正在审核')
  await tab.page.getByRole('button', { name: 'rock' }).click()
  await reviewed()
})

test('a nickname is saved once the check of the field is done, never before, and its review is shown', async () => {
  const tab = await preview.open()
  await tab.ready()
  const saved: string[] = []
  tab.page.on('request', (request) => {
    if (request.method() === 'PUT') saved.push(request.postData() ?? '')
  })
  const before = await nicknameOf(tab)
  await field(tab).fill('forbidden one')
  await field(tab).blur()
  await toast(tab, '这个昵称不能用，请换一个')
  await expect.poll(() => field(tab).inputValue()).toBe(before)
  expect(saved).toEqual([])

  await field(tab).fill('好名字 risky')
  await field(tab).press('Enter')
  await tab.sees('昵称没有通过审核，请换一个')
  await expect.poll(() => nicknameOf(tab)).toBe(before)

  await field(tab).fill('好名字 busy2')
  const reviewed = await tab.watchFor('新昵称正在审核，通过后别人才能看到')
  await tab.press('保存')
  await reviewed()
  await tab.misses('新昵称正在审核，通过后别人才能看到')
  expect(await nicknameOf(tab)).toBe('好名字 busy2')
  expect(saved).toEqual(['好名字 risky', '好名字 busy2'].map((nickname) => JSON.stringify({ nickname })))
})

test('an account is deleted only after a confirmation, and a new player begins only when the user wants to', async () => {
  const tab = await preview.open()
  await tab.ready()
  const idOf = () => tab.page.evaluate<string>('getApp().game.me.id')
  const before = await idOf()
  const session = await tab.sessionId()
  await tab.press('玩法')
  await tab.press('隐私与账号')
  await tab.press('注销账号')
  await tab.page.getByRole('dialog').getByRole('button', { name: '取消' }).click()
  await tab.press('注销账号')
  await tab.page.getByRole('dialog').getByRole('button', { name: '注销' }).click()
  await tab.sees('账号已注销')
  expect(await tab.sessionId()).toBe('')
  const reply = await fetch(preview.cluster.info.nodes[0]?.url + '/api/session', { headers: { sessionid: session } })
  expect(reply.status).toBe(401)
  await tab.press('用新账号开始')
  await tab.ready()
  expect(await idOf()).not.toBe(before)
})

const WORDS = {
  'zh-CN': { avatar: '更换头像', sheet: '隐私保护', help: '玩法', account: '隐私与账号' },
  'en-US': { avatar: 'Change picture', sheet: 'Privacy', help: 'Rules', account: 'Privacy and account' },
}

test.each([
  ['zh-CN', 'light'],
  ['en-US', 'dark'],
] as const)(
  'sheet and account page fit into 320 px in %s, and work with weak eyes and screen readers in the %s',
  async (locale, colorScheme) => {
    const words = WORDS[locale]
    const tab = await open('ask', { locale, colorScheme, reducedMotion: 'reduce', viewport: { width: 320, height: 568 } })
    await tab.page.evaluate(axe.source)
    const look = async (name: string): Promise<void> => {
      await tab.shot(`320-${locale}-${name}`)
      expect(await tab.overflowing(), name).toEqual([])
      const violations = await tab.page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
        `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
      )
      expect(
        violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`),
        name,
      ).toEqual([])
    }
    await tab.ready()
    await tab.press(words.avatar)
    await tab.page.getByRole('dialog', { name: words.sheet }).waitFor()
    await look('privacy-sheet')
    await tab.press(locale === 'zh-CN' ? '不同意' : 'Decline')
    await tab.press(words.help)
    await tab.press(words.account)
    await look('account')
  },
)
