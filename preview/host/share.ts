import { showModal, showToast } from './dialogs.ts'
import { currentPage } from './pages.ts'
import { words } from './words.ts'

/** Shares the text of the visible page: copies a link that opens the home page with the same query. */
export function share(button: HTMLElement): void {
  const { page } = currentPage()
  const content = page.onShareAppMessage?.({ from: 'button', target: button, webViewUrl: undefined }) as { path?: string } | undefined
  if (!content?.path) throw new Error('The preview can share only what has a path.')
  const [path, query = ''] = content.path.split('?')
  if (path !== '/pages/home/home') throw new Error(`The preview cannot share the page ${path}: its links open the home page.`)
  const link = `${location.origin}/${query && `?${query}`}`
  navigator.clipboard.writeText(link).then(
    () => showToast(words().copied),
    // Not permitted, or not available here: the link can be copied by hand.
    () => showModal({ title: words().link, content: link, showCancel: false }).catch(reportError),
  )
}
