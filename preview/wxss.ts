import { parse, type Rule } from 'postcss'
import selectorParser from 'postcss-selector-parser'

/** Where a style sheet applies: everywhere, on one page, or inside one component. */
export type Scope = { kind: 'app' } | { kind: 'page'; path: string } | { kind: 'component'; tag: string; prefix: string }

/** What replaces WeChat's elements in a browser; see host/elements.ts. */
const TAGS: Record<string, string> = {
  view: 'div',
  text: 'span',
  image: 'img',
  button: 'button',
  input: 'input',
  form: 'form',
  page: 'page',
}

/** The rules that the preview knows; those of keyframes are no selectors. */
const AT_RULES = /^(?:(?:-webkit-)?keyframes|media|supports)$/
const isFrame = ({ parent }: Rule): boolean => parent?.type === 'atrule' && 'name' in parent && parent.name.endsWith('keyframes')

/**
 * Converts WXSS to CSS. Selectors of a page apply on that page only and keep their specificity; classes of a component get the prefix that
 * the framework gives them, so that they match no others; sizes that follow the screen follow the page's box.
 * @throws Error at an element or a rule that the preview does not have
 */
export function cssOf(wxss: string, scope: Scope): string {
  const css = parse(wxss)
  css.walkComments((comment) => void comment.remove())
  css.walkAtRules((rule) => {
    if (!AT_RULES.test(rule.name)) throw new Error(`The preview does not know @${rule.name} ${rule.params}.`)
  })
  css.walkRules((rule) => {
    if (!isFrame(rule)) rule.selectors = rule.selectors.map((selector) => scoped(selector, scope))
  })
  css.walkDecls((declaration) => {
    declaration.value = sizes(declaration.value)
  })
  return `${css.toString()}\n`
}

function scoped(selector: string, scope: Scope): string {
  const own = selectorParser((parsed) => {
    parsed.walkTags((tag) => {
      // `2n` of `:nth-child(2n)` counts as a tag.
      if (!/^[a-z]/.test(tag.value)) return
      const known = TAGS[tag.value]
      if (!known) throw new Error(`The preview has no element <${tag.value}>, which the selector "${selector}" names.`)
      tag.value = known
    })
    if (scope.kind !== 'component') return
    parsed.walkClasses((name) => {
      name.value = `${scope.prefix}--${name.value}`
    })
    parsed.walkPseudos((pseudo) => {
      if (pseudo.value === ':host') pseudo.replaceWith(selectorParser.tag({ value: scope.tag }))
    })
  }).processSync(selector)
  if (scope.kind !== 'page' || selector.startsWith(':host')) return own
  const root = `:where(page[data-path="${scope.path}"])`
  return own.startsWith('page') ? `${own}${root}` : `${root} ${own}`
}

/** `rpx` is a 750th of the screen's width; the page's box is the screen here. */
const sizes = (value: string): string =>
  value.replaceAll(/(-?[\d.]+)rpx\b/g, (_, number: string) => `calc(${number} * 100cqw / 750)`).replaceAll(/(?<=[\d.])v([wh])\b/g, 'cq$1')
