import type { PublicPlayer } from 'caiquan-client'
import type { Texts } from './texts'

/** The id of the bot as a player: the same in views, in the history and in the ranking. */
const BOT_ID = 'bot'

/** Longer names are cut in sentences, in characters as people count them. */
const MAX_IN_SENTENCE = 10

/** What a person would call one character: an emoji of several code points stays whole. */
function charactersOf(text: string): string[] {
  // Typed by hand: the language level of mini programs has no Intl.Segmenter, and not every phone has it.
  const { Segmenter } = Intl as unknown as { Segmenter?: new (locale?: string, options?: { granularity: 'grapheme' }) => { segment(text: string): Iterable<{ segment: string }> } }
  if (typeof Segmenter === 'function') return Array.from(new Segmenter(undefined, { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
  return Array.from(text)
}

/** What a player is called: the bot in the language of the phone, everybody else by their nickname. */
export const nameOf = ({ id, nickname }: Pick<PublicPlayer, 'id' | 'nickname'>, texts: Texts): string => (id === BOT_ID ? texts.bot : nickname)

/** A name for use within a sentence. */
export function shortName(name: string): string {
  const characters = charactersOf(name)
  return characters.length > MAX_IN_SENTENCE ? `${characters.slice(0, MAX_IN_SENTENCE - 1).join('').trim()}…` : name
}

/** The first character of a name. */
export const initialOf = (name: string): string => charactersOf(name.trim())[0] ?? ''
