import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core'

const PROGRAM = '/usr/bin/chromium'
const SCREENSHOTS = join(import.meta.dirname, '../../test-results')

/** Chromium must not call its own services; as root, it has no sandbox. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Debian's Chromium without a window. @throws Error that says how to install it if it is missing */
export function openBrowser(): Promise<Browser> {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: node tools/bootstrap.mjs --services --browser installs it.`)
  return chromium.launch({ executablePath: PROGRAM, args: ARGS })
}

/**
 * Chromium logs errors if the client makes two attempts on a busy machine and one of them is overtaken: for the second one if the client
 * closes it before it is open, and for the first one if the server closes it as replaced while a frame for it is on its way.
 */
const OVERTAKEN =
  /elsewhere=1&attempt=\d+.* failed: WebSocket is closed before the connection is established|failed: Data frame received after close/

/** The maximum wait of `watchFor`. */
const WATCH_MS = 15_000

/** A tab of one player, who has a browser of their own. `faults` collects the messages that a console must not show. */
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

  /** Another tab of the same browser. */
  async beside(url: string): Promise<Tab> {
    const tab = new Tab(await this.page.context().newPage())
    tab.page.setDefaultTimeout(15_000)
    await tab.page.goto(url)
    return tab
  }

  /** Follows a link, by its label, that opens another tab. */
  async follow(name: string): Promise<Tab> {
    const opened = this.page.context().waitForEvent('page')
    await this.page.getByRole('link', { name, exact: true }).click()
    const page = await opened
    const tab = new Tab(page)
    page.setDefaultTimeout(15_000)
    return tab
  }

  /** Chromium logs a request without a reply by itself, which is not an error of the page: from now on it may log this. */
  expects(fault: RegExp): void {
    this.#expected = fault
  }

  /** Presses a button of the top page, by its label. */
  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click()
  }

  /** Waits until the top page shows the text. */
  sees(text: string): Promise<void> {
    return this.page.locator('page:not([hidden])').getByText(text).first().waitFor()
  }

  /**
   * Watches for a text from now on, however briefly the top page shows it: `sees` looks frame by frame, and a busy machine has few frames.
   * Returns a function that waits for the text.
   */
  async watchFor(text: string): Promise<() => Promise<void>> {
    await this.page.evaluate(`
      globalThis.noticed = new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('the page never showed ' + ${JSON.stringify(text)})), ${WATCH_MS})
        new MutationObserver(() => {
          if (document.querySelector('page:not([hidden])')?.textContent.includes(${JSON.stringify(text)})) resolve()
        }).observe(document.body, { subtree: true, childList: true, characterData: true })
      })
      globalThis.noticed.catch(() => {})
      undefined`)
    return () => this.page.evaluate<void>('globalThis.noticed')
  }

  /** Waits until the top page no longer shows the text. */
  misses(text: string): Promise<void> {
    return this.page.locator('page:not([hidden])').getByText(text).waitFor({ state: 'detached' })
  }

  /** Waits until the top page shows the score, the player's own first. */
  score(mine: number, theirs: number): Promise<void> {
    return this.page.locator('page:not([hidden])').getByLabel(`${mine} : ${theirs}`, { exact: true }).waitFor()
  }

  /** Waits until the home page can start a match. */
  ready(): Promise<void> {
    return this.page.locator('page:not([hidden]) button.primary:enabled').waitFor()
  }

  /** The session with which the tab's player is logged in. */
  async sessionId(): Promise<string> {
    return (await this.page.evaluate<string | null>("sessionStorage.getItem('wx.caiquan.session')")) ?? ''
  }

  /** The node that serves this browser, as nginx remembers it. */
  async node(): Promise<string> {
    return (await this.page.context().cookies()).find(({ name }) => name === 'cq_node')?.value ?? ''
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) })
  }

  /** Elements that are wider than the top page, or whose text is cut off without an ellipsis. */
  overflowing(): Promise<string[]> {
    // Runs in the tab, where there is a document; the types of this project do not include one.
    return this.page.evaluate<string[]>(`(() => {
      const page = document.querySelector('page:not([hidden])')
      const width = page.getBoundingClientRect().right
      return [...page.querySelectorAll('*')].filter((element) => {
        const box = element.getBoundingClientRect()
        const overflows = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0
        const cut = overflows && getComputedStyle(element).textOverflow !== 'ellipsis' && element.tagName !== 'INPUT'
        return box.width > 0 && (box.right > width + 1 || box.left < -1 || cut)
      }).map((element) => element.outerHTML.slice(0, 120))
    })()`)
  }

  close(): Promise<void> {
    return this.page.context().close()
  }
}
