import { expect, test } from 'vitest'
import { findings, RETIRED } from '../../tools/check-text.ts'
import { brokenPaths } from '../../tools/document-paths.ts'

test('long lines of code are found, except regular expressions, which cannot be broken', () => {
  expect(findings('server/src/a.ts', `const a = '${'x'.repeat(140)}'`)).toEqual(['server/src/a.ts:1: 152 characters; 140 is the limit'])
  expect(findings('server/src/a.ts', `  /${'x'.repeat(140)}/u,`)).toEqual([])
  expect(findings('docs/a.md', 'word '.repeat(40))).toEqual([])
})

test('every retired word is found, with what to write instead', () => {
  for (const { word } of RETIRED) expect(word.source.length).toBeGreaterThan(4)
  const words = ['whereabouts', 'deaf', 'anew', 'newcomers', 'whoever', 'his', 'books', 'gathered', 'complains'].join('\n')
  expect(findings('docs/a.md', words)).toHaveLength(9)
  expect(findings('docs/a.md', 'whoever asks')).toEqual(['docs/a.md:1: "whoever" is retired: write everyone who, the player who'])
  expect(findings('docs/a.md', 'this history of hers')).toEqual([])
})

test('links, headings and paths of documents that do not exist are found', () => {
  const text = '# E\n[a](b.md) [c](https://example.com) [d](#e) [f](#g) `server/src/gone.ts` `docs/` `server/src/main.ts`'
  expect(brokenPaths('docs/protocol.md', text)).toEqual([
    'docs/protocol.md: docs/b.md does not exist',
    'docs/protocol.md: docs/protocol.md#g does not exist',
    'docs/protocol.md: server/src/gone.ts does not exist',
  ])
})
