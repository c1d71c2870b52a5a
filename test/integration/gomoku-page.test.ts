import { expect, test } from 'vitest'
import { usePreview } from '../support/preview.ts'

const preview = usePreview({ env: { GAME: 'gomoku' } })

test('Gomoku is played in two tabs: five in a row win, both players see it, and both may play again', async () => {
  const [ann, bob] = await Promise.all([preview.open(), preview.open({ locale: 'en-US', colorScheme: 'dark' })])
  await ann.page.getByRole('button', { name: '找对手' }).click()
  await bob.page.getByRole('button', { name: 'Find an opponent' }).click()
  await Promise.all([ann, bob].map((tab) => tab.page.locator('.board:visible').waitFor()))
  // The player who begins plays along one row, the other along another row.
  const annBegins = await ann.page
    .locator('.cell:enabled')
    .first()
    .waitFor({ timeout: 3000 })
    .then(
      () => true,
      () => false,
    )
  const [first, second] = annBegins ? [ann, bob] : [bob, ann]
  const click = (tab: typeof ann, x: number, y: number) =>
    tab.page
      .locator('.cell')
      .nth(y * 15 + x)
      .click()
  for (let stone = 0; stone < 5; stone += 1) {
    await click(first, 3 + stone, 7)
    if (stone < 4) await click(second, 3 + stone, 9)
  }
  await ann.page.getByText(annBegins ? '你赢了' : '你输了').waitFor()
  await bob.page.getByText(annBegins ? 'You lost' : 'You won').waitFor()
  await ann.shot('gomoku-zh')
  await bob.shot('gomoku-en-dark')
  await ann.page.getByRole('button', { name: '再来一局' }).click()
  await bob.page.getByRole('button', { name: 'Play again' }).click()
  await Promise.all([ann.page.getByRole('button', { name: '认输' }).waitFor(), bob.page.getByRole('button', { name: 'Give up' }).waitFor()])
  expect(await ann.page.locator('.cell[data-stone="."]').count()).toBe(225)
})

test('the page plays against the bot too', async () => {
  const tab = await preview.open({ locale: 'en-US' })
  await tab.page.getByRole('button', { name: 'Play the bot' }).click()
  await tab.page.locator('.board:visible').waitFor()
  await tab.page.locator('.cell:enabled').first().waitFor()
  await tab.page.locator('.cell:enabled').nth(112).click()
  await expect.poll(() => tab.page.locator('.cell:not([data-stone="."])').count(), { timeout: 10_000 }).toBeGreaterThanOrEqual(2)
})
