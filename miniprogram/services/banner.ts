import type { GameClient, GameSnapshot } from 'caiquan-client'
import { fill, type Texts } from './texts'

const two = (value: number): string => `${value < 10 ? '0' : ''}${value}`

/** Hours and minutes in the phone's own time. */
export function timeOf(at: number): string {
  const date = new Date(at)
  return `${two(date.getHours())}:${two(date.getMinutes())}`
}

/** Since when there is no connection, epoch ms; 0 while there is one. */
let awaySince = 0

/** Remembers since when the server is away. */
export function watchConnection(client: Pick<GameClient, 'subscribe'>): void {
  client.subscribe(({ connection: { status } }) => {
    if (status === 'online') awaySince = 0
    else if (awaySince === 0) awaySince = Date.now()
  })
}

export const sayingSince = (text: string, since: number, texts: Texts): string => (since ? fill(texts.since, text, timeOf(since)) : text)

/** The text of the connection banner; empty while there is nothing to say. Nothing can be played while it shows a text. */
export function bannerText({ connection: { status, reason, failures }, me }: GameSnapshot, texts: Texts): string {
  if (status === 'offline') return sayingSince(texts.offline, awaySince, texts)
  if (status === 'closed') return reason === 'replaced' ? texts.replaced : reason === 'refused' ? texts.refused : ''
  const trying = status === 'connecting' || status === 'login'
  // Before the first reply there is nothing to come back to yet.
  if (trying && failures > 0) return sayingSince(me ? texts.reconnecting : texts.unreachable, awaySince, texts)
  return ''
}
