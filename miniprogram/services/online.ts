import type { GameClient } from 'caiquan-client'
import { fill, type Texts } from './texts'

/** How often the number of players is requested; sooner while it is 0, as a player who has just arrived is not counted at once. */
const ONLINE_MS = 15_000
const NOBODY_MS = 2500

/** The number of players online, requested repeatedly while it is shown. */
export class Online {
  private readonly client: Pick<GameClient, 'online'>
  private readonly texts: Texts
  private readonly onLine: (line: string) => void
  private timer = 0
  private shown = false

  constructor(client: Pick<GameClient, 'online'>, texts: Texts, onLine: (line: string) => void) {
    this.client = client
    this.texts = texts
    this.onLine = onLine
  }

  show(): void {
    this.shown = true
    this.ask()
  }

  hide(): void {
    this.shown = false
    clearTimeout(this.timer)
  }

  private ask(): void {
    clearTimeout(this.timer)
    this.client
      .online()
      .then(({ players, matches }) => {
        this.onLine(players > 0 ? fill(this.texts.online, players, matches) : '')
        this.askAgain(players > 0 ? ONLINE_MS : NOBODY_MS)
      })
      // The line is only an ornament: trouble with the server is shown elsewhere.
      .catch(() => {
        this.onLine('')
        this.askAgain(ONLINE_MS)
      })
  }

  private askAgain(ms: number): void {
    // The reply may come when the page is gone.
    if (this.shown) this.timer = setTimeout(() => this.ask(), ms)
  }
}
