import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { must } from './dialogs.ts'
import { launchOptions, listen, theApp } from './life.ts'
import { replace, setUp } from './pages.ts'
import { givenName } from './player.ts'
import { share } from './share.ts'
import { announce } from './tab.ts'
import { language, words } from './words.ts'

/** Starts as WeChat does: the app first, then the first page with the query of the link that was opened. */
export function start({ pages, title }: { pages: string[]; title: string }): void {
  document.documentElement.lang = language().startsWith('zh') ? 'zh-CN' : 'en'
  must('.bar-back').setAttribute('aria-label', words().back)
  const cluster = must('.beside a')
  cluster.textContent = words().cluster
  cluster.setAttribute('href', `/cluster${location.search}`)
  setUp(pages, title)
  listen()
  document.addEventListener('keydown', ({ key }) => {
    // Escape closes what a page has opened over itself, by its own button.
    if (key !== 'Escape') return
    const opener = document.querySelector<HTMLElement>('page:not([hidden]) [aria-haspopup="true"][aria-expanded="true"]')
    opener?.click()
    opener?.focus()
  })
  document.addEventListener('click', ({ target }) => {
    // A choice has closed its container: the focus returns to the button that had opened it.
    if (document.activeElement === document.body && !(target as HTMLElement).isConnected)
      document.querySelector<HTMLElement>('page:not([hidden]) [aria-haspopup="true"]')?.focus()
  })
  document.addEventListener('share', ({ target }) => share(target as HTMLElement))
  const app = theApp()
  const { game } = app as { game?: GameClient }
  announce(() => game?.me?.nickname ?? '')
  const nickname = givenName()
  if (game && nickname)
    game.subscribe(({ me }, stop) => {
      if (!me) return
      stop()
      game.updateProfile({ nickname }).catch(reportError)
    })
  app.onLaunch?.(launchOptions())
  app.onShow?.(launchOptions())

  const address = new URL(location.href)
  const code = address.searchParams.get('code')
  // A reload goes on with the match; it does not enter through the same link again.
  address.searchParams.delete('code')
  history.replaceState(null, '', address)
  replace(`/${pages[0]}${code ? `?code=${encodeURIComponent(code)}` : ''}`, true)
}
