/** Where a style sheet counts: everywhere, on one page, or inside one component. */
export type Scope = { kind: 'app' } | { kind: 'page'; path: string } | { kind: 'component'; tag: string; prefix: string }

/** What stands for WeChat's elements in a browser; see host/elements.ts. */
const TAGS: Record<string, string> = {
  view: 'div',
  text: 'span',
  image: 'img',
  button: 'button',
  input: 'input',
  form: 'form',
  page: 'page',
}

/** A selector's parts: strings and brackets to leave alone, classes, and names of elements. */
const PART = /\[[^\]]*\]|::?[\w-]+|(\.)([\w-]+)|(?<![\w-])([a-z][\w-]*)/g

/**
 * Makes CSS of WXSS. Selectors of a page count on that page only and keep their weight; classes of a component get the
 * prefix that the framework gives them, so that they meet no others; sizes that follow the screen follow the page's box.
 * @throws Error at an element that the preview does not have
 */
export function cssOf(wxss: string, scope: Scope): string {
  const text = wxss.replaceAll(/\/\*[\s\S]*?\*\//g, '')
  let css = ''
  let at = 0
  while (at < text.length) {
    const open = text.indexOf('{', at)
    if (open < 0) break
    const close = closing(text, open)
    const head = text.slice(at, open).trim()
    const body = text.slice(open + 1, close)
    if (/^@(-webkit-)?keyframes/.test(head)) css += `${head}{${body}}\n`
    else if (/^@(media|supports)/.test(head)) css += `${head}{\n${cssOf(body, scope)}}\n`
    else if (head.startsWith('@')) throw new Error(`The preview does not know ${head}.`)
    else
      css += `${head
        .split(',')
        .map((selector) => scoped(selector.trim(), scope))
        .join(', ')}{${sizes(body)}}\n`
    at = close + 1
  }
  return css
}

/** The brace that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0
  for (let at = open; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return at
  }
  throw new Error(`A brace is not closed: ${text.slice(open - 40, open + 40)}`)
}

function scoped(selector: string, scope: Scope): string {
  const host = selector.startsWith(':host')
  const own = selector.replaceAll(PART, (part: string, dot?: string, name?: string, tag?: string) => {
    if (dot) return scope.kind === 'component' ? `.${scope.prefix}--${name}` : part
    if (part === ':host' && scope.kind === 'component') return scope.tag
    if (!tag) return part
    const known = TAGS[tag]
    if (!known) throw new Error(`The preview has no element <${tag}>, which the selector "${selector}" names.`)
    return known
  })
  if (scope.kind !== 'page' || host) return own
  const root = `:where(page[data-path="${scope.path}"])`
  return own.startsWith('page') ? `${own}${root}` : `${root} ${own}`
}

/** `rpx` is a 750th of the screen's width; the page's box is the screen here. */
const sizes = (body: string): string =>
  body.replaceAll(/(-?[\d.]+)rpx\b/g, (_, number: string) => `calc(${number} * 100cqw / 750)`).replaceAll(/(?<=[\d.])v([wh])\b/g, 'cq$1')
