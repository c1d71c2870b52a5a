import { assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { readAvatarUrl } from '../../server/src/players/avatar-url.ts'
import { readNickname } from '../../server/src/players/nickname.ts'

const kept = (text: string): string | null => {
  const read = readNickname(text)
  return read.ok ? read.nickname : null
}
const why = (text: string): string => {
  const read = readNickname(text)
  return read.ok ? `kept as ${read.nickname}` : read.why
}

test.each([
  '李明 🐼',
  '猜拳🎉',
  '𠮷野家',
  'Zoë',
  'Nguyễn Văn Ạ',
  'สวัสดี',
  'محمد',
  'می‌خواهم',
  'क्‍ष',
  '👨‍👩‍👧‍👦'.repeat(4),
  '😀'.repeat(32),
  '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  '❤️',
  '1️⃣',
  '🇨🇳',
  '🏳️‍🌈',
  '👩🏽‍🚀',
  '<img src=x onerror=alert(1)>',
  "',rating=9999#",
  '机械师',
  '小机器',
  'bottle',
  'x'.repeat(32),
  '❄',
  'a.b_c-d',
])('%s is kept as it is', (name) => {
  expect(why(name)).toBe(`kept as ${name}`)
})

test.each([
  ['  spaces  around\u3000and  within ', 'spaces around and within'],
  ['Ｆｕｌｌ', 'Full'],
  ['ﬁne', 'fine'],
  ['e\u0301', 'é'],
  ['a\u00a0b', 'a b'],
])('%j is kept as %s', (name, as) => {
  expect(kept(name)).toBe(as)
})

const INVISIBLE = [
  '\u200b\u200b',
  '\u200d',
  '\u3164',
  '\uffa0',
  '\u115f',
  '\u2060',
  '\u00ad',
  'a\u200bb',
  '机\u200b器人',
  'bob\u2067',
  '\u202eecila',
  'a\u200eb',
  'a\u061cb',
  'a\u{E0041}\u{E0042}',
  'a\ufe0f',
  'a\u180eb',
  'a\u034fb',
  'a\u{1D173}',
  '\ufffc',
  '\u{e000}',
  'x\u{10ffff}',
  'a\u206ab',
  'a\ufff9b',
  '\u2800',
  'a\u2800b',
  '👨\u200d',
  '\u200d👨',
]
test.each(INVISIBLE)('%j is refused: it hides something, or reorders the text around it', (name) => {
  expect(why(name)).toMatch(/invisible characters|something to see/)
})

test.each([
  ['', /something to see/],
  ['   ', /something to see/],
  ['\u00a0\u2003', /something to see/],
  ['a\nb', /control/],
  ['a\0b', /control/],
  ['a\u2028b', /control/],
  ['a\u0085b', /control/],
  ['\u{1b}[31m', /control/],
  ['\ud83d', /whole characters/],
  ['a\udc00', /whole characters/],
  [`a${'\u0301'.repeat(31)}`, /marks/],
  ['\u0301a', /marks/],
  ['a \u0301', /marks/],
  ['\u20e0', /marks/],
  ['x'.repeat(33), /at most 32/],
  ['😀'.repeat(33), /at most 32/],
  ['👨‍👩‍👧‍👦'.repeat(10), /at most 32/],
  ['ﷺ'.repeat(10), /at most 32/],
  ['x'.repeat(100_000), /at most 32/],
])('%j is refused with the reason', (name, reason) => {
  expect(why(name)).toMatch(reason)
})

test.each([
  '机器人',
  '机 器 人',
  '【机器人】',
  '机器人1',
  '機器人',
  '机器⼈',
  '机噐人',
  'bot',
  'BOT',
  'Bоt',
  'b0t',
  '𝐛𝐨𝐭',
  'ＢＯＴ',
  'b.o.t',
  'Ƀot',
  'admin',
  'Аdmin',
  'Adm1n',
  '系统',
  '系統',
  '官方',
  '客服',
  '管理员01',
  'system',
  'ѕystem',
])('%s is reserved', (name) => {
  expect(why(name)).toBe('is reserved')
})

test('every name that is kept has something to see, fits the column, and is kept again unchanged', () => {
  assert(
    property(string({ unit: 'binary', maxLength: 40 }), (text) => {
      const name = kept(text)
      if (name === null) return
      expect(name).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Co}]/u)
      expect(Array.from(name).length).toBeLessThanOrEqual(64)
      expect(kept(name)).toBe(name)
    }),
    { numRuns: 5000 },
  )
})

test('an address of a picture is one of WeChat, or of a picture that the player has put here', () => {
  const own = 'https://play.example/api/avatars/me/'
  const hash = 'a'.repeat(32)
  for (const good of ['', 'https://thirdwx.qlogo.cn/mmopen/vi_32/x/132', 'https://wx.qlogo.cn/mmhead/x/0', `${own}${hash}`])
    expect(readAvatarUrl(good, own)).toBe(good)
  expect(readAvatarUrl('http://thirdwx.qlogo.cn/mmopen/x/132', own)).toBe('https://thirdwx.qlogo.cn/mmopen/x/132')
  const bad = [
    'https://tracker.example/pixel.gif',
    'http://10.0.0.1/',
    'https://user:pass@thirdwx.qlogo.cn/x',
    'https://thirdwx.qlogo.cn:8443/x',
    'https://thirdwx.qlogo.cn.evil.example/x',
    'https://evil.example/thirdwx.qlogo.cn',
    'https://evil.example#thirdwx.qlogo.cn',
    'https://thirdwx.qlogo.cn@evil.example/',
    'https:\\\\evil.example\\thirdwx.qlogo.cn',
    'javascript:alert(1)',
    'data:image/png;base64,AA',
    '//thirdwx.qlogo.cn/x',
    'text',
    `${own}../../../evil`,
    `https://play.example/api/avatars/other/${hash}`,
    `https://thirdwx.qlogo.cn/${'x'.repeat(600)}`,
    `${own}${hash}?x`,
  ]
  for (const address of bad) expect(readAvatarUrl(address, own), address).toBeNull()
})
