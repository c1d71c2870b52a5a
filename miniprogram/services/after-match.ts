import type { GameClient, GameSnapshot, HeadToHeadReply, SeatIndex } from 'caiquan-client'
import { codeOf } from './error-code'
import { nameOf, shortName } from './names'
import { fill, type Texts } from './texts'

/** '' – may ask, 'asked' – has asked, 'offered' – the opponent has asked, 'gone' – no other match against this opponent. */
export type Rematch = '' | 'asked' | 'offered' | 'gone'

export interface AfterMatchView {
  rematch: Rematch
  /** What the page says about the wish. */
  wish: string
  /** The match changes the rating: its line is reserved before the new rating is known. */
  rated: boolean
  /** The new rating and its change. */
  rating: string
  streak: string
  headToHead: string
}

export const NO_AFTER: AfterMatchView = { rematch: '', wish: '', rated: false, rating: '', streak: '', headToHead: '' }

/** The part of the client that this page uses. */
export type ResultClient = Pick<GameClient, 'rematch' | 'request' | 'snapshot' | 'headToHead'>

/** Codes that mean that no other match follows this one. */
const GONE = new Set(['opponent_left', 'match_not_found', 'room_closed', 'not_found'])

/** A wish without a reply for this long is probably in vain, ms. */
const SILENT_MS = 15_000

/** A shorter run is no streak. */
const MIN_STREAK = 2

export interface AfterMatchOptions {
  client: ResultClient
  texts: Texts
  onChange(): void
  showError(error: unknown): void
}

/** What comes after the end of a match: the wish for another one, the rating, the record against the opponent. */
export class AfterMatch {
  private readonly options: AfterMatchOptions
  private matchId = ''
  private ratingBefore: number | null = null
  private wished = false
  /** The player has withdrawn their wish, and the server's view may not know yet. */
  private withdrawn = false
  private gone = false
  /** The opponent has not replied to the wish for a long time. */
  private silent = false
  private stopWaiting = (): void => undefined
  private record: HeadToHeadReply | null = null
  private loaded = false

  constructor(options: AfterMatchOptions) {
    this.options = options
  }

  /** Adopts a snapshot. */
  take({ match, me, seat }: GameSnapshot): void {
    if (!match) return
    if (match.id !== this.matchId) {
      this.matchId = match.id
      this.ratingBefore = match.mode === 'ranked' ? (me?.rating ?? null) : null
      this.gone = false
      this.wished = false
      this.withdrawn = false
      this.wait(false)
      this.record = null
      this.loaded = false
    }
    const stored = seat !== null && match.rematch?.[seat] === true
    if (!stored) this.withdrawn = false
    const wishes = stored && !this.withdrawn
    // Only the server can have withdrawn it: the opponent is in another match.
    if (this.wished !== wishes) this.gone = !wishes
    if (this.wished !== wishes) this.wait(wishes)
    this.wished = wishes
  }

  view({ match, me, seat }: GameSnapshot): AfterMatchView {
    if (match?.status !== 'finished' || seat === null) return NO_AFTER
    const { texts } = this.options
    const theirs: SeatIndex = seat === 0 ? 1 : 0
    const opponentSeat = match.seats[theirs]
    const opponent = opponentSeat?.player
    const name = opponent ? shortName(nameOf(opponent, texts)) : ''
    const gone = this.gone || opponentSeat?.connected === false
    const rematch: Rematch = gone ? 'gone' : this.wished ? 'asked' : match.rematch?.[theirs] ? 'offered' : ''
    const change = this.ratingBefore === null || !me ? 0 : me.rating - this.ratingBefore
    const { record } = this
    return {
      rematch,
      wish:
        rematch === 'gone'
          ? fill(texts.rematchGone, name)
          : rematch === 'asked'
            ? fill(this.silent ? texts.rematchSilent : texts.rematchWaiting, name)
            : rematch === 'offered'
              ? fill(texts.rematchAsked, name)
              : '',
      rated: match.mode === 'ranked',
      rating: change === 0 || !me ? '' : fill(change > 0 ? texts.ratingUp : texts.ratingDown, me.rating, change),
      streak:
        record && Math.abs(record.streak) >= MIN_STREAK
          ? fill(record.streak > 0 ? texts.winStreak : texts.lossStreak, Math.abs(record.streak))
          : '',
      headToHead: record ? fill(texts.headToHead, name, record.wins, record.losses, record.draws) : '',
    }
  }

  /** The result is visible: loads what belongs to it, once. */
  load(): void {
    const { client, onChange } = this.options
    const { match, seat } = client.snapshot
    const opponent = seat === null ? undefined : match?.seats[seat === 0 ? 1 : 0]
    if (this.loaded || !opponent || opponent.bot) return
    this.loaded = true
    const { matchId } = this
    client.headToHead(opponent.player.id).then(
      (record) => {
        if (matchId !== this.matchId) return
        this.record = record
        onChange()
      },
      // The lines stay empty: nothing depends on them.
      () => undefined,
    )
  }

  ask(): void {
    const { client, onChange, showError } = this.options
    this.withdrawn = false
    client.rematch().catch((error: unknown) => {
      if (!GONE.has(codeOf(error) ?? '')) return showError(error)
      this.gone = true
      onChange()
    })
  }

  /** Withdraws the wish; does nothing without one. */
  withdraw(): void {
    if (!this.wished) return
    this.wished = false
    this.withdrawn = true
    this.wait(false)
    this.options.client.request('match:leave', { matchId: this.matchId }, { repeat: true }).catch(() => undefined)
    this.options.onChange()
  }

  close(): void {
    this.withdraw()
    this.stopWaiting()
  }

  private wait(waits: boolean): void {
    this.stopWaiting()
    this.silent = false
    if (!waits) return
    const timer = setTimeout(() => {
      this.silent = true
      this.options.onChange()
    }, SILENT_MS)
    this.stopWaiting = () => clearTimeout(timer)
  }
}
