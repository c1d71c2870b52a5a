import type { GameClient, GameSnapshot } from 'caiquan-client'
import { Absence } from './absence'
import { feedback } from './feedback'
import { nameOf, shortName } from './names'
import { fill, type Texts } from './texts'

const MATCH = 'pages/match/match'
const ROOM = 'pages/room/room'

/** How often the opening of a page is tried, and the pause after each failure, ms: longer than it takes another page to open. */
const ATTEMPTS = 4
const RETRY_MS = 500

const topPage = (): string => {
  const pages = getCurrentPages()
  return pages[pages.length - 1]?.route ?? ''
}

export interface GuideOptions {
  client: GameClient
  texts: Texts
  showError(error: unknown): void
}

/**
 * Leads players to their match from wherever they are: a match that begins opens by itself, entering the app during a match opens it, and a
 * wish of the opponent for another match is shown on any page.
 */
export class Guide {
  /** What the home page says of a match that ended without the player; empty if there is nothing. */
  notice = ''
  /** Called when `notice` changes. */
  onNotice: () => void = () => undefined
  private readonly options: GuideOptions
  private readonly absence: Absence
  /** The match, and its state, that was opened last: the player may leave it. */
  private opened = ''
  /** The wish that was shown to the player last. */
  private asked = ''
  /** One page opens after another. */
  private opening: Promise<unknown> = Promise.resolve()
  /** The page that was asked for last. */
  private wanted = ''

  constructor(options: GuideOptions) {
    this.options = options
    this.absence = new Absence({
      client: options.client,
      texts: options.texts,
      watched: () => topPage() === MATCH,
      onNotice: (notice) => this.setNotice(notice),
    })
  }

  start(): void {
    this.options.client.subscribe((snapshot) => this.take(snapshot))
  }

  /** The app is connected for the first time. */
  async lookBack(): Promise<void> {
    await this.absence.lookBack()
  }

  /** The app has come to the foreground. */
  entered(): void {
    const { match, seat } = this.options.client
    if (match && seat !== null && match.status !== 'finished') this.open(match.status)
  }

  seen(matchId: string): void {
    this.absence.seen(matchId)
  }

  setNotice(notice: string): void {
    this.notice = notice
    this.onNotice()
  }

  private take(snapshot: GameSnapshot): void {
    const { match, seat } = snapshot
    this.absence.take(snapshot)
    if (!match || seat === null) return
    if (match.status === 'finished') {
      this.putWish(snapshot)
      return
    }
    const state = `${match.id}/${match.status}`
    if (state === this.opened) return
    this.opened = state
    if (this.notice) this.setNotice('')
    if (match.status === 'playing') feedback.found()
    this.open(match.status)
  }

  /** A waiting room has a page of its own; a match has the other. */
  private open(status: string): void {
    const wanted = status === 'waiting' ? ROOM : MATCH
    this.wanted = wanted
    this.opening = this.opening.then(() => this.lead(wanted))
  }

  /** WeChat refuses to open a page while another one is opening. The player would stay where they are and lose rounds. */
  private async lead(wanted: string): Promise<void> {
    for (let attempt = 1; attempt <= ATTEMPTS && wanted === this.wanted; attempt += 1) {
      const top = topPage()
      if (top === wanted) return
      const url = `/${wanted}`
      try {
        if (top === ROOM || top === MATCH) await wx.redirectTo({ url })
        else await wx.navigateTo({ url })
        return
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  private putWish({ match, seat, search }: GameSnapshot): void {
    const theirs = seat === 0 ? 1 : 0
    const wished = match && seat !== null && match.rematch?.[theirs] && !match.rematch[seat]
    if (!match || !wished) {
      this.asked = ''
      return
    }
    const opponent = match.seats[theirs]
    if (!opponent || search || this.asked === match.id || topPage() === MATCH) return
    this.asked = match.id
    const { client, texts, showError } = this.options
    wx.showModal({
      title: fill(texts.rematchAsked, shortName(nameOf(opponent.player, texts))),
      confirmText: texts.accept,
      cancelText: texts.decline,
      success: ({ confirm }) => {
        if (!confirm) return
        client
          .rematch()
          // The opponent has withdrawn meanwhile: the page of the match says whom it waits for.
          .then((next) => next ?? this.open('finished'))
          .catch(showError)
      },
    })
  }
}
