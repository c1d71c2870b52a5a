import type { GameClient, GameSnapshot, RecordedMatch, SeatIndex } from 'caiquan-client'
import { codeOf } from './error-code'
import { nameOf, shortName } from './names'
import { outcomeOf, reasonOf } from './outcome'
import { remember, remembered } from './storage'
import { fill, type Texts } from './texts'

type Ended = Pick<RecordedMatch, 'id' | 'seats' | 'result'>

/** What the home page says of a match that ended in the player's absence; empty if there is nothing. */
export function noticeOf(match: Ended, playerId: string, texts: Texts): string {
  const seat: SeatIndex = match.seats[1]?.player.id === playerId ? 1 : 0
  const outcome = outcomeOf({ status: 'finished', result: match.result }, seat)
  if (!outcome) return ''
  const names = [0, 1].map((at) => (match.seats[at] ? shortName(nameOf(match.seats[at].player, texts)) : '')) as [string, string]
  return fill(texts.lostAway[outcome], names[seat === 0 ? 1 : 0], reasonOf(match, seat, names, texts))
}

export interface AbsenceOptions {
  client: Pick<GameClient, 'sync' | 'record' | 'me'>
  texts: Texts
  /** The page of the match is visible. */
  watched(): boolean
  onNotice(notice: string): void
}

/** Remembers the current match, even after the app is closed, so that its end is never silent. */
export class Absence {
  private readonly options: AbsenceOptions
  /** The current match, as stored on the phone. */
  private live = remembered('caiquan.live')
  /** The match whose end the player knows, or is about to cause. */
  private known = ''

  constructor(options: AbsenceOptions) {
    this.options = options
  }

  take({ match, seat }: GameSnapshot): void {
    if (!match || seat === null) return
    if (match.status === 'playing' && match.id !== this.live && match.id !== this.known) this.keep(match.id)
    else if (match.status === 'finished' && match.id === this.live && !this.options.watched()) this.tell(match)
  }

  /** The player knows how this match ended. */
  seen(matchId: string): void {
    this.known = matchId
    if (this.live === matchId) this.keep('')
  }

  /** After the start: asks how a match ended that was running when the app was closed. */
  async lookBack(): Promise<void> {
    const id = this.live
    if (!id) return
    const { match } = await this.options.client.sync()
    if (match && match.id === id) {
      if (match.status === 'finished') this.tell(match)
      return
    }
    try {
      this.tell((await this.options.client.record(id)).match)
    } catch (error) {
      // The server knows nothing of it: there is nothing to show. Otherwise the next start asks again.
      if (codeOf(error) === 'not_found') this.seen(id)
    }
  }

  private keep(id: string): void {
    this.live = id
    remember('caiquan.live', id)
  }

  private tell(match: Ended): void {
    this.seen(match.id)
    const { client, texts, onNotice } = this.options
    const notice = noticeOf(match, client.me?.id ?? '', texts)
    if (notice) onNotice(notice)
  }
}
