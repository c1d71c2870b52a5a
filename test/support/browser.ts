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
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: node ops/bootstrap.mjs --services --browser installs it.`)
  return chromium.launch({ executablePath: PROGRAM, args: ARGS })
}

/** A tab of one player, who has a browser of his own. `faults` collects what a console must not show. */
export class Tab {
  readonly page: Page
  readonly faults: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.faults.push(message.text())
    })
    page.on('pageerror', (error) => this.faults.push(String(error)))
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: 'zh-CN', viewport: { width: 390, height: 844 }, ...options })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const tab = new Tab(await context.newPage())
    tab.page.setDefaultTimeout(15_000)
    await tab.page.goto(url)
    return tab
  }

  /** Presses a button of the page on top, by its label. */
  press(name: string): Promise<void> {
    return this.page.getByRole('button', { name, exact: true }).click()
  }

  /** Waits until the page on top shows the text. */
  sees(text: string): Promise<void> {
    return this.page.locator('page:not([hidden])').getByText(text).first().waitFor()
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
