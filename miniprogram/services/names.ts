import type { PublicPlayer } from 'caiquan-client'
import type { Texts } from './texts'

/** The player id of the bot: the same in views, in the history and in the ranking. */
const BOT_ID = 'bot'

/** Wider names are cut in sentences; a Latin letter is one wide, a Han character or an emoji two. */
const MAX_WIDTH = 22

/** What a person would call one character: an emoji of several code points stays whole. */
function charactersOf(text: string): string[] {
  // Written by hand: the language level of mini programs has no Intl.Segmenter, and not every phone has it, or Intl at all.
  const { Segmenter } = (typeof Intl === 'undefined' ? {} : Intl) as {
    Segmenter?: new (locale?: string, options?: { granularity: 'grapheme' }) => { segment(text: string): Iterable<{ segment: string }> }
  }
  if (typeof Segmenter === 'function')
    return Array.from(new Segmenter(undefined, { granularity: 'grapheme' }).segment(text), ({ segment }) => segment)
  return Array.from(text)
}

/** Scripts from here on are about as wide as they are high. */
const FIRST_WIDE = 0x2e80
const widthOf = (character: string): number => ((character.codePointAt(0) ?? 0) < FIRST_WIDE ? 1 : 2)

/** The displayed name of a player: the bot and deleted players in the language of the phone, all others by their nickname. */
export const nameOf = ({ id, nickname, deleted }: Pick<PublicPlayer, 'id' | 'nickname' | 'deleted'>, texts: Texts): string =>
  id === BOT_ID ? texts.bot : deleted ? texts.deletedPlayer : nickname

/** A name for use in a sentence. */
export function shortName(name: string): string {
  let width = 0
  let kept = ''
  for (const character of charactersOf(name)) {
    width += widthOf(character)
    // One is left for the ellipsis.
    if (width < MAX_WIDTH) kept += character
  }
  return width > MAX_WIDTH ? `${kept.trim()}…` : name
}

/** The first character of a name. */
export const initialOf = (name: string): string => charactersOf(name.trim())[0] ?? ''
