import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { ensureBuilt } from '../../client-sdk/test/support/built.ts'
import { fakeWx } from '../../client-sdk/test/support/fake-wx.ts'
import { Phone } from '../../client-sdk/test/support/phone.ts'
import { loadInPhone } from '../../client-sdk/test/support/realm.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import { bundleMiniGame } from '../../preview/minigame.ts'
import { usePreview } from '../support/preview.ts'

/** The mini game (one script, a canvas and touches) on a real cluster. */
const preview = usePreview({ env: { REVEAL_MS: '300' } })

interface Drawn {
  text: string
  x: number
  y: number
}

type Touched = (event: { touches: { clientX: number; clientY: number }[] }) => void

/** A phone that runs the script. Its drawing is a list of texts, and a tap on a text is a touch in its middle. */
class GamePhone {
  readonly phone = new Phone()
  readonly wx: ReturnType<typeof fakeWx>
  frame: Drawn[] = []
  frames = 0
  readonly #touched: Touched[] = []

  constructor(file: string, name: string, language: string) {
    let codes = 0
    this.wx = fakeWx({ phone: this.phone, code: () => `${name}.${process.pid}-${++codes}` })
    const { onAppShow, onAppHide, offAppShow, offAppHide, ...wx } = this.wx.wx
    const context = {
      setTransform: (): void => undefined,
      fillRect: (x: number, y: number, width: number): void => {
        // Each page draws a new frame.
        if (x === 0 && y === 0 && width === 375) {
          this.frame = []
          this.frames++
        }
      },
      fillText: (text: string, x: number, y: number) => void this.frame.push({ text, x, y }),
    }
    const game = {
      ...wx,
      onShow: onAppShow,
      onHide: onAppHide,
      offShow: offAppShow,
      offHide: offAppHide,
      createCanvas: () => ({ width: 0, height: 0, getContext: () => context }),
      getWindowInfo: () => ({
        windowWidth: 375,
        windowHeight: 667,
        pixelRatio: 2,
        safeArea: { left: 0, top: 40, width: 375, height: 600 },
      }),
      getAppBaseInfo: () => ({ language, theme: 'dark' }),
      onTouchStart: (listener: Touched) => void this.#touched.push(listener),
    }
    // There is no Page and no App here: code that asks for them fails.
    loadInPhone(file, this.phone, game)
  }

  shows = (text: string): boolean => this.frame.some((drawn) => drawn.text.includes(text))
  sees = (text: string): Promise<void> =>
    until(() => this.shows(text), `${text}, not ${this.frame.map((drawn) => drawn.text).join(' / ')}`, 15_000)

  async tap(text: string): Promise<void> {
    await this.sees(text)
    const { x, y } = this.frame.find((drawn) => drawn.text.includes(text)) ?? expect.unreachable()
    this.phone.run(() => {
      for (const listener of this.#touched) listener({ touches: [{ clientX: x, clientY: y }] })
    })
  }
}

describe('on a phone without Page and App', () => {
  let folder = ''
  let file = ''
  const phones: GamePhone[] = []
  const open = (name: string, language = 'en'): GamePhone => {
    const phone = new GamePhone(file, `${name}-${process.pid}`, language)
    phones.push(phone)
    return phone
  }
  beforeAll(async () => {
    ensureBuilt()
    folder = mkdtempSync(join(inject('testDir'), 'minigame-'))
    file = join(folder, 'game.js')
    writeFileSync(file, await bundleMiniGame(preview.cluster.info.url))
  })
  afterAll(() => {
    for (const { phone } of phones) phone.off()
    rmSync(folder, { recursive: true, force: true })
  })

  test('two players log in, meet, play to the result, and play again', async () => {
    const [ann, ben] = [open('ann'), open('ben', 'zh_CN')]
    await Promise.all([ann.tap('Find an opponent'), ben.tap('找对手')])
    for (let round = 1; round <= 2; round++) {
      await Promise.all([ann.sees('Choose your hand'), ben.sees('请出拳')])
      await ann.tap('✊')
      await ben.tap('✌️')
      await (round === 1
        ? Promise.all([ann.sees('You won the round'), ben.sees('这回合你输了')])
        : Promise.all([ann.sees('You won'), ben.sees('你输了')]))
    }
    expect(ann.shows('2 : 0')).toBe(true)
    expect(ben.shows('0 : 2')).toBe(true)
    await ann.tap('Play again')
    await ann.sees('Waiting for the opponent…')
    await ben.tap('再来一局')
    await Promise.all([ann.sees('Choose your hand'), ben.sees('请出拳')])
    await ben.tap('认输')
    await ann.sees('You won')
    await ann.tap('Back')
    await ann.sees('Best of three')
    for (const { phone } of [ann, ben]) expect(phone.faults).toEqual([])
  })

  test('hands cannot be tapped while the last round is shown, nor twice', async () => {
    const cat = open('cat')
    await cat.tap('Practise with a bot')
    await cat.sees('Choose your hand')
    await cat.tap('✊')
    // The bot thinks for a moment: the hand is chosen, and another tap changes nothing.
    await cat.tap('✋')
    expect(cat.shows('did not work')).toBe(false)
    await until(() => cat.shows('the round') || cat.shows('once more'), 'the reveal', 15_000)
    await cat.tap('✋')
    await cat.sees('Choose your hand')
    expect(cat.phone.faults).toEqual([])
  })

  test('a search can be given up, and a screen that does not change is not drawn', async () => {
    const dan = open('dan')
    await dan.tap('Find an opponent')
    await dan.tap('Cancel')
    await dan.sees('Best of three')
    let before = -1
    // The last changes arrive; after that there is nothing to draw.
    while (before !== dan.frames) {
      before = dan.frames
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
    await new Promise((resolve) => setTimeout(resolve, 1200))
    expect(dan.frames).toBe(before)
  })

  test('a lost network is shown, and the game comes back', async () => {
    const eve = open('eve')
    await eve.sees('Best of three')
    eve.phone.setNetwork('none')
    await eve.sees('No network')
    eve.phone.setNetwork('wifi')
    await until(() => !eve.shows('No network') && !eve.shows('Connecting'), 'online again')
  })
})

/** The texts that a tab has drawn last, as the canvas records them. */
const WATCH = `
  const { fillRect, fillText } = CanvasRenderingContext2D.prototype
  globalThis.frame = []
  CanvasRenderingContext2D.prototype.fillRect = function (x, y, width, height) {
    if (x === 0 && y === 0 && width === innerWidth) globalThis.frame = []
    return fillRect.call(this, x, y, width, height)
  }
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y, ...rest) {
    globalThis.frame.push({ text, x, y })
    return fillText.call(this, text, x, y, ...rest)
  }`

describe('in the browser preview', () => {
  async function open(name: string, locale: string): Promise<Page> {
    const context = await preview.browser.newContext({ ignoreHTTPSErrors: true, locale, viewport: { width: 375, height: 667 } })
    const page = await context.newPage()
    await page.addInitScript(WATCH)
    await page.goto(`${preview.cluster.info.url}/minigame?player=${name}-${process.pid}`)
    return page
  }
  async function find(page: Page, text: string): Promise<Drawn> {
    let found: Drawn | undefined
    await expect
      .poll(
        async () => {
          const frame = await page.evaluate<Drawn[]>('globalThis.frame')
          found = frame.find((drawn) => drawn.text.includes(text))
          return found ? text : frame.map((drawn) => drawn.text).join(' / ')
        },
        { timeout: 15_000, interval: 20 },
      )
      .toBe(text)
    return found ?? expect.unreachable()
  }
  const tap = async (page: Page, text: string): Promise<void> => {
    const { x, y } = await find(page, text)
    await page.mouse.click(x, y)
  }

  test('two tabs play a match', async () => {
    const [one, two] = await Promise.all([open('one', 'zh-CN'), open('two', 'en-US')])
    const faults: string[] = []
    for (const page of [one, two]) page.on('pageerror', (error) => faults.push(String(error)))
    await Promise.all([tap(one, '找对手'), tap(two, 'Find an opponent')])
    for (let round = 1; round <= 2; round++) {
      await Promise.all([find(one, '请出拳'), find(two, 'Choose your hand')])
      if (round === 1) await two.screenshot({ path: 'test-results/minigame-en.png' })
      await Promise.all([tap(one, '✋'), tap(two, '✊')])
      await (round === 1 ? find(one, '这回合你赢了') : Promise.all([find(one, '你赢了'), find(two, 'You lost')]))
    }
    await one.screenshot({ path: 'test-results/minigame-zh.png' })
    expect(faults).toEqual([])
    await Promise.all([one, two].map((page) => page.context().close()))
  })
})

test('the client has fewer than 500 lines', () => {
  const sources = 'minigame/src'
  const lines = readdirSync(sources).map((name) => readFileSync(join(sources, name), 'utf8').split('\n').length - 1)
  expect(lines.reduce((sum, count) => sum + count, 0)).toBeLessThan(500)
})
