import type { GameSnapshot } from 'caiquan-client'
import { initialOf, nameOf, shortName } from './names'
import { pictureOf } from './pictures'
import { fill, type Texts } from './texts'

/** The state of a room: nobody has joined, both players must be present, or it has closed without a match. */
export type RoomState = 'inviting' | 'both' | 'over'

interface PlaceView {
  at: number
  picture: string
  initial: string
  name: string
  /** Nobody sits there yet. */
  empty: boolean
  /** Whether the player is present; shown only in a room that waits for both. */
  ready: string
}

const placeOf = (at: number, snapshot: GameSnapshot, texts: Texts): PlaceView => {
  const { match, me } = snapshot
  const player = match ? match.seats[at]?.player : at === 0 ? me : null
  if (!player) return { at, picture: '', initial: '', name: '', empty: true, ready: '' }
  const name = nameOf(player, texts)
  const ready = match?.ready
  return {
    at,
    picture: pictureOf(player),
    initial: initialOf(name),
    name,
    empty: false,
    ready: ready ? (ready[at] ? texts.ready : texts.notReady) : '',
  }
}

/** Letters may repeat: their position tells them apart. */
const lettersOf = (code: string) => code.split('').map((letter, at) => ({ at, letter }))

export function roomView(snapshot: GameSnapshot, banner: string, texts: Texts) {
  const { match, seat } = snapshot
  const code = match?.code ?? ''
  const mine = seat ?? 0
  const opponent = match?.seats[mine === 0 ? 1 : 0]
  const state: RoomState = match?.status === 'finished' && !match.result ? 'over' : opponent ? 'both' : 'inviting'
  const away = match?.ready?.[mine === 0 ? 1 : 0] === false
  const name = opponent ? shortName(nameOf(opponent.player, texts)) : ''
  return {
    banner,
    state,
    code,
    letters: lettersOf(code),
    places: [placeOf(0, snapshot, texts), placeOf(1, snapshot, texts)],
    host: mine === 0,
    heading: state === 'over' ? texts.roomOver : state === 'both' ? fill(away ? texts.readyAway : texts.readyTitle, name) : texts.waiting,
    hint: state === 'over' ? texts.roomOverHint : state === 'both' ? (away ? fill(texts.readyWait, name) : texts.readyYou) : '',
  }
}
