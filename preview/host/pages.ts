import { createPage, titleOf, type PageRoot } from './code.ts'
import { must, showModal } from './dialogs.ts'

/** WeChat's limit of open pages. */
const MOST = 10

interface Entry extends PageRoot {
  path: string
  title: string
  /** The scroll position when another page covered it: an element that is not shown forgets it. */
  scroll: number
  /** The focused element when another page covered it. */
  focus: HTMLElement | null
  /** The question before the bar's button goes back; empty for none. */
  alert: string
}

const stack: Entry[] = []
let known: string[] = []
let appTitle = ''

export function setUp(pages: string[], title: string): void {
  known = pages
  appTitle = title
  must('.bar-back').addEventListener('click', () => void goBack())
}

/** The page on top wants this question before it is left by the button of the bar. */
export function alertBeforeBack(message: string): void {
  const top = stack.at(-1)
  if (top) top.alert = message
}

async function goBack(): Promise<void> {
  const { alert } = currentPage()
  if (!alert || (await showModal({ title: alert }))) back(1)
}

export const pagesInOrder = (): PageRoot['page'][] => stack.map(({ page }) => page)

/** @throws Error while there is none */
export function currentPage(): Entry {
  const top = stack.at(-1)
  if (!top) throw new Error('There is no page yet.')
  return top
}

/** Opens a page above the others. @throws Error where WeChat would call `fail` */
export function push(url: string): void {
  const { path, query } = parse(url)
  if (stack.length >= MOST) throw new Error(`navigateTo:fail webview count limit exceed`)
  const covered = stack.at(-1)
  if (covered) hide(covered)
  enter(path, query)
}

/** Opens a page in place of the topmost, or of all. */
export function replace(url: string, all: boolean): void {
  const { path, query } = parse(url)
  for (const entry of stack.splice(all ? 0 : -1).toReversed()) leave(entry)
  enter(path, query)
}

export function back(delta: number): void {
  const gone = stack.splice(Math.max(1, stack.length - delta)).toReversed()
  if (gone.length === 0) return
  gone.forEach(leave)
  const top = currentPage()
  top.element.hidden = false
  top.element.scrollTop = top.scroll
  void top.page.onShow?.()
  showBar()
  if (top.focus?.isConnected) top.focus.focus()
  else readTitle()
}

export function setTitle(title: string): void {
  currentPage().title = title
  showBar()
}

function parse(url: string): { path: string; query: Record<string, string> } {
  const [path = '', query = ''] = url.replace(/^\//, '').split('?')
  if (!known.includes(path)) throw new Error(`page "${path}" is not found`)
  return { path, query: Object.fromEntries(new URLSearchParams(query)) }
}

function enter(path: string, query: Record<string, string>): void {
  const entry: Entry = { ...createPage(path, must('.pages')), path, title: titleOf(path) ?? appTitle, scroll: 0, focus: null, alert: '' }
  Object.assign(entry.page, { route: path })
  stack.push(entry)
  showBar()
  void entry.page.onLoad?.(query)
  void entry.page.onShow?.()
  void entry.page.onReady?.()
  if (stack.length > 1) readTitle()
}

/** As on a phone: a new page is read from its title on. */
function readTitle(): void {
  must('.bar-title').focus({ preventScroll: true })
}

function hide(entry: Entry): void {
  entry.scroll = entry.element.scrollTop
  entry.focus = entry.element.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null
  void entry.page.onHide?.()
  entry.element.hidden = true
}

function leave(entry: Entry): void {
  // On the instance itself: `bindPage` puts it there.
  void entry.page.onUnload?.()
  entry.release()
}

function showBar(): void {
  const { title } = currentPage()
  must('.bar-title').textContent = title
  must('.bar-back').hidden = stack.length < 2
  document.title = title
}
