import { expect, test } from 'vitest'
import { initialOf, nameOf, shortName } from '../../../miniprogram/services/names.ts'
import { faceOf, pictureOf } from '../../../miniprogram/services/pictures.ts'
import { textsFor } from '../../../miniprogram/services/texts.ts'

test.each([
  ['小安', '小'],
  ['👩‍👩‍👧 family', '👩‍👩‍👧'],
  ['🇨🇳 flag', '🇨🇳'],
  ['  Ann', 'A'],
  ['', ''],
])('the initial of %o is one character as people count them', (name, initial) => {
  expect(initialOf(name)).toBe(initial)
})

test('a long name is shortened in sentences, never within a character', () => {
  for (const name of ['阿博', 'Mysterious Hedgehog 49', '神秘的海豚二十一号选手']) expect(shortName(name)).toBe(name)
  expect(shortName('👩‍👩‍👧'.repeat(12))).toBe(`${'👩‍👩‍👧'.repeat(10)}…`)
  expect(shortName('Mysterious Hedgehog 4999')).toBe('Mysterious Hedgehog 4…')
})

test('the bot has one name in each language, wherever it comes from', () => {
  const bot = { id: 'bot', nickname: '机器人' }
  expect([textsFor('zh_TW'), textsFor('en'), textsFor('fr_FR')].map((texts) => nameOf(bot, texts))).toEqual(['机器人小拳', 'Bot', 'Bot'])
})

test('a player without a picture has a face of their own: the same on every phone, and rarely that of another player', () => {
  const faces = Array.from({ length: 500 }, (_, at) => faceOf(`player-${at}`))
  expect(faceOf('player-7')).toBe(faces[7])
  expect(new Set(faces).size).toBeGreaterThan(300)
  expect(decodeURIComponent(faces[0] ?? '')).toMatch(/^data:image\/svg\+xml,<svg [^>]+>.*<\/svg>$/)
  expect(pictureOf({ id: 'ann', avatarUrl: 'https://pictures/ann.png' })).toBe('https://pictures/ann.png')
  expect([pictureOf({ id: 'ann', avatarUrl: '' }), pictureOf(null)]).toEqual([faceOf('ann'), ''])
})
