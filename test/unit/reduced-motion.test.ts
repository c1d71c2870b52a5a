import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** The bar of the remaining time is information, not decoration: it moves for every user. */
const MOVES_FOR_EVERYBODY = new Set(['bar'])

const sheets = globSync(['miniprogram/**/*.wxss', 'preview/**/*.css', 'games/**/*.css'], { exclude: ['**/dist/**', '**/node_modules/**'] })

test.each(sheets)('%s moves nothing for people who asked for reduced motion', (sheet) => {
  const css = readFileSync(sheet, 'utf8').replaceAll(/\/\*[^]*?\*\//g, '')
  const REDUCED = /@media \(prefers-reduced-motion: reduce\)\s*\{((?:[^{}]*\{[^{}]*\})*)\s*\}/g
  const stopped = [...css.matchAll(REDUCED)].map(([, rules]) => rules).join('\n')
  const moving = [...css.replaceAll(REDUCED, '').matchAll(/([^{}]+)\{[^{}]*\b(transition|animation):/g)]
    .map(([, selector = '', property = '']) => ({ name: /\.([\w-]+)[^.\s]*$/.exec(selector.trim())?.[1] ?? selector.trim(), property }))
    .filter(({ name }) => !MOVES_FOR_EVERYBODY.has(name))
  const forgotten = moving.filter(({ name, property }) => !new RegExp(`\\.${name}\\b[^{}]*\\{[^{}]*${property}: none`).test(stopped))
  expect(forgotten).toEqual([])
})

test('there are style sheets to check', () => {
  expect(sheets.length).toBeGreaterThan(15)
})
