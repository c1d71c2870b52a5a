import type { FindMode, GameSnapshot, OwnPlayer } from 'caiquan-client'
import { initialOf, nameOf, shortName } from './names'
import { pictureOf } from './pictures'
import { fill, type Texts } from './texts'

/** A search for a human opponent that takes this long is long, ms: the page offers something else. */
export const LONG_SEARCH_MS = 8000

/** The state of a nickname or picture that other players do not see; empty if there is nothing to say. */
export function reviewText({ review }: Pick<OwnPlayer, 'review'>, texts: Texts): string {
  if (!review) return ''
  const { nickname, avatar } = review
  if (nickname === 'rejected') return texts.review.nicknameRejected
  if (avatar === 'rejected') return texts.review.avatarRejected
  return nickname && avatar ? texts.review.bothPending : nickname ? texts.review.nicknamePending : texts.review.avatarPending
}

/** What the home page shows of the game. @param banner nothing can be started while it shows a text */
export function homeView(snapshot: GameSnapshot, banner: string, texts: Texts) {
  const { me, match, search, seat } = snapshot
  const live = match && match.status !== 'finished' && seat !== null
  const opponent = live ? match.seats[seat === 0 ? 1 : 0] : undefined
  return {
    ready: me !== null && banner === '',
    nickname: me?.nickname ?? '',
    review: me ? reviewText(me, texts) : '',
    picture: pictureOf(me),
    initial: initialOf(me?.nickname ?? ''),
    rating: me ? String(me.rating) : '–',
    record: me ? fill(texts.record, me.wins, me.losses, me.draws) : '',
    searching: search !== null,
    searchMode: search ? texts.modes[search.mode] : '',
    searchHint: search ? texts.searchHint[search.mode] : '',
    resume: live ? match.status : '',
    resumeHint: !live
      ? ''
      : match.status === 'waiting' || !opponent
        ? texts.waiting
        : fill(texts.resumeHint, shortName(nameOf(opponent.player, texts))),
    banner,
  }
}

/** How long the search has lasted, and the modes that are offered instead. */
export function waitView(search: GameSnapshot['search'], now: number, texts: Texts): { waited: string; elsewhere: FindMode[] } {
  const ms = search ? Math.max(0, now - search.since) : 0
  const elsewhere: FindMode[] =
    search && ms >= LONG_SEARCH_MS && search.mode !== 'practice' ? (search.mode === 'ranked' ? ['casual', 'practice'] : ['practice']) : []
  return { waited: fill(texts.seconds, Math.round(ms / 1000)), elsewhere }
}
