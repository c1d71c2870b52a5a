/**
 * The nickname of a player who has not chosen one: friendly, in their language, and always the same for one player id. Two players may have
 * the same one; only ids tell players apart.
 */
export type NameLanguage = 'zh' | 'en'
export const NAME_LANGUAGES = ['zh', 'en'] as const satisfies readonly NameLanguage[]

/** Sixteen each, in the same order in both languages. */
const QUALITIES = {
  zh: ['快乐', '勇敢', '机灵', '可爱', '淡定', '热心', '幸运', '认真', '调皮', '爽朗', '温柔', '神秘', '飞快', '悠闲', '好奇', '阳光'],
  en: [
    'Happy',
    'Brave',
    'Clever',
    'Lovely',
    'Calm',
    'Kind',
    'Lucky',
    'Earnest',
    'Playful',
    'Cheerful',
    'Gentle',
    'Mysterious',
    'Swift',
    'Easygoing',
    'Curious',
    'Sunny',
  ],
} as const
const ANIMALS = {
  zh: ['熊猫', '小猫', '老虎', '兔子', '狐狸', '海豚', '企鹅', '松鼠', '水獭', '刺猬', '鹦鹉', '考拉', '小鹿', '大象', '猫头鹰', '小熊'],
  en: [
    'Panda',
    'Cat',
    'Tiger',
    'Rabbit',
    'Fox',
    'Dolphin',
    'Penguin',
    'Squirrel',
    'Otter',
    'Hedgehog',
    'Parrot',
    'Koala',
    'Deer',
    'Elephant',
    'Owl',
    'Bear',
  ],
} as const

/** @param id a player id, whose last twelve characters are random */
export function defaultName(id: string, language: NameLanguage): string {
  const at = (fromEnd: number): number => id.charCodeAt(id.length - fromEnd) || 0
  const quality = QUALITIES[language][at(1) % 16] ?? ''
  const animal = ANIMALS[language][at(2) % 16] ?? ''
  const number = 10 + ((at(3) * 31 + at(4)) % 90)
  return language === 'zh' ? `${quality}的${animal}${number}` : `${quality} ${animal} ${number}`
}
