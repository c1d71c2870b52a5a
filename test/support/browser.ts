import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'
const SCREENSHOTS = join(import.meta.dirname, '../../test-results')

/** Nothing of Chromium's own may call out; as root it has no sandbox to offer. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Debian's Chromium without a window. @throws Error that says how to get it where it is missing */
export function openBrowser(): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: node tools/bootstrap.mjs --services --browser installs it.`)
  return chromium.launch({ executablePath: PROGRAM, args: ARGS })
}

/**
 * Of two attempts of the client on a busy machine one is overtaken, and Chromium complains: of the second one that the client closes
 * before it is there, and of the first one that the server closes as replaced while a frame for it is on its way.
 */
const OVERTAKEN =
  /elsewhere=1&attempt=\d+.* failed: WebSocket is closed before the connection is established|failed: Data frame received after close/

/** For what `watchFor` waits at most. */
const WATCH_MS = 15_000

/** A tab of one player, who has a browser of his own. `faults` collects what a console must not show. */
export class Tab {
  readonly page: Page
  readonly faults: string[] = []
  #expected: RegExp | null = null

  private constructor(page: Page) {
    this.page = page
    page.on('console', (message) => {
      const text = message.text()
      if ((message.type() === 'error' || message.type() === 'warning') && !this.#expected?.test(text) && !OVERTAKEN.test(text))
        this.faults.push(text)
    })
    page.on('pageerror', (error) => this.faults.push(String(error)))
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}, expected?: RegExp): Promise<Tab> {
    const context = await browser.newContext({
      ignoreHTTPSErrors: true,
      locale: 'zh-CN',
      viewport: { width: 390, height: 844 },
      ...options,
    })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const tab = new Tab(await context.newPage())
    if (expected) tab.expects(expected)
    tab.page.setDefaultTimeout(15_000)
    await tab.page.goto(url)
    return tab
  }

  /** A further tab of the same browser. */
  async beside(url: string): Promise<Tab> {
    const tab = new Tab(await this.page.context().newPage())
    tab.page.setDefaultTimeout(15_000)
    await tab.page.goto(url)
    return tab
  }

  /** Follows a link that opens a tab of its own, by its label. */
  async follow(name: string): Promise<Tab> {
    const opened = this.page.context().waitForEvent('page')
    await this.page.getByRole('link', { name, exact: true }).click()
    const page = await opened
    const tab = new Tab(page)
    page.setDefaultTimeout(15_000)
    return tab
  }

  /** What Chromium itself says of a request without an answer is no fault of the page: from now on it may say this. */
  expects(fault: RegExp): void {
    this.#expected = fault
  }

  /** Presses a button of the page on top, by its label. */
  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click()
  }

  /** Waits until the page on top shows the text. */
  sees(text: string): Promise<void> {
    return this.page.locator('page:not([hidden])').getByText(text).first().waitFor()
  }

  /**
   * Watches for a text from now on, however briefly the page on top shows it: `sees` looks frame by frame, and a busy
   * machine has few. Answers what waits for it.
   */
  async watchFor(text: string): Promise<() => Promise<void>> {
    await this.page.evaluate(`
      globalThis.noticed = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('the page never said ' + ${JSON.stringify(text)})), ${WATCH_MS})
        new MutationObserver(() => {
          if (document.querySelector('page:not([hidden])')?.textContent.includes(${JSON.stringify(text)})) resolve()
        }).observe(document.body, { subtree: true, childList: true, characterData: true })
      })
      globalThis.noticed.catch(() => {})
      undefined`)
    return () => this.page.evaluate<void>('globalThis.noticed')
  }

  /** Waits until the page on top shows the text no more. */
  misses(text: string): Promise<void> {
    return this.page.locator('page:not([hidden])').getByText(text).waitFor({ state: 'detached' })
  }

  /** Waits until the page on top shows the score, the own one first. */
  score(mine: number, theirs: number): Promise<void> {
    return this.page.locator('page:not([hidden])').getByLabel(`${mine} : ${theirs}`, { exact: true }).waitFor()
  }

  /** Waits until the home page can be played from. */
  ready(): Promise<void> {
    return this.page.locator('page:not([hidden]) button.primary:enabled').waitFor()
  }

  /** The session that the tab's player is logged in by. */
  async sessionId(): Promise<string> {
    return (await this.page.evaluate<string | null>("sessionStorage.getItem('wx.caiquan.session')")) ?? ''
  }

  /** The node that answers this browser, as nginx remembers it. */
  async node(): Promise<string> {
    return (await this.page.context().cookies()).find(({ name }) => name === 'cq_node')?.value ?? ''
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
  }

  /** Elements that are wider than the page on top, or whose text is cut off without an ellipsis. */
  overflowing(): Promise<string[]> {
    // In the tab, where there is a document; this project's types know none.
    return this.page.evaluate<string[]>(`(() => {
      const page = document.querySelector('page:not([hidden])')
      const width = page.getBoundingClientRect().right
      return [...page.querySelectorAll('*')].filter((element) => {
        const box = element.getBoundingClientRect()
        const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0 && getComputedStyle(element).textOverflow !== 'ellipsis' && element.tagName !== 'INPUT'
        return box.width > 0 && (box.right > width + 1 || box.left < -1 || cut)
      }).map((element) => element.outerHTML.slice(0, 120))
    })()`)
  }

  close(): Promise<void> {
    return this.page.context().close()
  }
}
