import unhomoglyph from 'unhomoglyph'

/**
 * Names as other players see them: in lists, beside an opponent's hand, in the text of a message. A name has something visible in it,
 * cannot reorder or hide the text around it, and does not pass for the bot or for the operator.
 */

/** Characters as people count them; `code points` is the limit of MySQL's column. */
const MAX_GRAPHEMES = 32
const MAX_CODE_POINTS = 64
/** Thai and Vietnamese need two marks above one another, Hebrew three. */
const MAX_MARKS = 3

/** Emoji composed of several characters: a joiner, a selector or a tag is allowed only in them. */
const EMOJI =
  /\p{RGI_Emoji}|\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{Emoji_Modifier})?)*/gv
/** Scripts in which a joiner between two letters changes how they are written. */
const JOINED =
  /(?<=[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gujarati}\p{Script=Gurmukhi}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Oriya}\p{Script=Sinhala}\p{Script=Tamil}\p{Script=Telugu}])[\u200C\u200D](?=[\p{L}\p{M}])/gu

const CONTROL = /[\p{Cc}\p{Zl}\p{Zp}]/u
/** Characters that are invisible or control visible ones, and characters on whose meaning two devices may disagree. */
const INVISIBLE = /[\p{Cf}\p{Default_Ignorable_Code_Point}\p{Co}\p{Noncharacter_Code_Point}\u{FFFC}\u{FFFD}]/u
const MARKS = new RegExp(`^\\p{M}|\\s\\p{M}|\\p{M}{${MAX_MARKS + 1}}`, 'u')
/** Drawn as nothing, though Unicode calls them symbols or letters. */
const BLANK = /[\u{2800}\u{1D159}\u{16FE4}]/gu
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u

/** Traditional, Japanese and rare forms of the characters of reserved names; Unicode's list of look-alikes has no Han variants. */
const HAN_VARIANTS: Record<string, string> = {
  機: '机',
  噐: '器',
  囂: '器',
  入: '人',
  係: '系',
  繫: '系',
  統: '统',
  宫: '官',
  宮: '官',
  員: '员',
  貟: '员',
}

/** Names that speak for the game, as skeletons (see `skeletonOf`). */
const RESERVED = new Set(
  [
    '机器人',
    '系统',
    '系统消息',
    '官方',
    '管理员',
    '客服',
    'bot',
    'robot',
    'system',
    'admin',
    'administrator',
    'official',
    'moderator',
    'caiquan',
  ].map((name) => skeletonOf(name)),
)
export type NicknameResult = { ok: true; nickname: string } | { ok: false; why: string }

const graphemes = new Intl.Segmenter('zh', { granularity: 'grapheme' })

/** The name as it is kept, in Unicode's compatibility form and with single spaces; or, in a few words, why it is refused. */
export function readNickname(text: string): NicknameResult {
  if (!text.isWellFormed()) return refused('must be whole characters')
  if (CONTROL.test(text)) return refused('must not hold control characters or line breaks')
  // Before the expansions that a single character may have: the work stays small.
  if (text.length > MAX_CODE_POINTS * 4) return refused(`must be at most ${MAX_GRAPHEMES} characters long`)
  const nickname = text
    .normalize('NFKC')
    .replace(/\p{Zs}+/gu, ' ')
    .trim()
  const plain = nickname.replace(EMOJI, '').replace(JOINED, '')
  if (INVISIBLE.test(plain)) return refused('must not hold invisible characters')
  if (MARKS.test(plain)) return refused(`must not have more than ${MAX_MARKS} marks on one letter, or marks without a letter`)
  if (!VISIBLE.test(nickname.replace(BLANK, ''))) return refused('must have something to see')
  if (nickname.search(BLANK) >= 0) return refused('must not hold invisible characters')
  if (Array.from(nickname).length > MAX_CODE_POINTS || [...graphemes.segment(nickname)].length > MAX_GRAPHEMES)
    return refused(`must be at most ${MAX_GRAPHEMES} characters long`)
  // In either case: a capital may look like another letter than its small form. And without digits: a number does not make another name of
  // it.
  if (
    [nickname, nickname.toLowerCase()].flatMap((name) => [name, name.replace(/\p{N}/gu, '')]).some((name) => RESERVED.has(skeletonOf(name)))
  )
    return refused('is reserved')
  return { ok: true, nickname }
}

const refused = (why: string): NicknameResult => ({ ok: false, why })

/**
 * What a name looks like at a glance: look-alikes made equal, without case, marks, spaces and punctuation. Two names with the same skeleton
 * can be confused.
 */
function skeletonOf(name: string): string {
  const letters = unhomoglyph(name.normalize('NFKC'))
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '')
  // Digits that stand for letters, and l for I, after case is removed.
  return Array.from(letters, (letter) => HAN_VARIANTS[letter] ?? letter)
    .join('')
    .replaceAll('0', 'o')
    .replace(/[1|]/g, 'l')
    .replaceAll('i', 'l')
    .replaceAll('3', 'e')
    .replaceAll('4', 'a')
    .replaceAll('5', 's')
}
