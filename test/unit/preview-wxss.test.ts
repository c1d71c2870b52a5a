import { expect, test } from 'vitest'
import { cssOf, type Scope } from '../../preview/wxss.ts'

const APP: Scope = { kind: 'app' }
const PAGE: Scope = { kind: 'page', path: 'pages/a/a' }
const COMPONENT: Scope = { kind: 'component', tag: 'hand', prefix: 'components-hand' }
const AT_PAGE = ':where(page[data-path="pages/a/a"])'

test.each<[string, string, Scope, string]>([
  ['the names of elements become those of a browser', '.a view, text { top: 0 }', APP, '.a div, span { top: 0 }'],
  ['rules of a page count on that page, with the same weight', '.a .b { top: 0 }', PAGE, `${AT_PAGE} .a .b { top: 0 }`],
  ['and so do its rules for itself', 'page { top: 0 }', PAGE, `page${AT_PAGE} { top: 0 }`],
  [
    "a component's classes are its own",
    ':host { top: 0 } .a.b:nth-child(2) { top: 0 }',
    COMPONENT,
    'hand { top: 0 } .components-hand--a.components-hand--b:nth-child(2) { top: 0 }',
  ],
  [
    'sizes follow the page, not the window',
    '.a { width: 75rpx; height: 50vh; margin: 0 -2.5rpx }',
    APP,
    '.a { width: calc(75 * 100cqw / 750); height: 50cqh; margin: 0 calc(-2.5 * 100cqw / 750) }',
  ],
  ['attributes and brackets are left alone', '.a[disabled]::after { top: 0 }', APP, '.a[disabled]::after { top: 0 }'],
  [
    'frames of an animation are not selectors',
    '@keyframes x { from { top: 0 } to { top: 1px } }',
    PAGE,
    '@keyframes x { from { top: 0 } to { top: 1px } }',
  ],
  ['rules in a query are rules', '@media (min-width: 1px) { .a { top: 0 } }', PAGE, `@media (min-width: 1px) { ${AT_PAGE} .a { top: 0 } }`],
])('%s', (_, wxss, scope, css) => {
  expect(cssOf(wxss, scope).trim()).toBe(css)
})

test('an element that the preview does not have is refused by name', () => {
  expect(() => cssOf('.a swiper { top: 0 }', APP)).toThrow(/<swiper>/)
})

test('a rule that the preview does not know is refused by name', () => {
  expect(() => cssOf('@import "a.wxss";', APP)).toThrow(/@import/)
})
