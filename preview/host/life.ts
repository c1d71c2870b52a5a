import { currentPage } from './pages.ts'

type Options = WechatMiniprogram.App.Instance<WechatMiniprogram.IAnyObject>
type NetworkListener = WechatMiniprogram.OnNetworkStatusChangeCallback

/** The app object, and the events of the whole app: it comes and goes with the tab, and so does the network. */
export const shows = new Set<(event: never) => void>()
export const hides = new Set<(event: never) => void>()
export const networks = new Set<NetworkListener>()

let app: Options | null = null

export function defineApp(options: Options): void {
  if (app) throw new Error('App() was called twice.')
  app = options
}

/** @throws Error before `App()` was called */
export function theApp(): Options {
  if (!app) throw new Error('There is no app yet.')
  return app
}

export const networkType = (): 'wifi' | 'none' => (navigator.onLine ? 'wifi' : 'none')

export function listen(): void {
  document.addEventListener('visibilitychange', () => {
    const visible = document.visibilityState === 'visible'
    if (visible) {
      theApp().onShow?.(launchOptions())
      for (const listener of shows) listener(launchOptions() as never)
      void currentPage().page.onShow?.()
    } else {
      void currentPage().page.onHide?.()
      for (const listener of hides) listener({} as never)
      theApp().onHide?.()
    }
  })
  const tell = (): void => {
    for (const listener of networks) listener({ isConnected: navigator.onLine, networkType: networkType() })
  }
  addEventListener('online', tell)
  addEventListener('offline', tell)
}

export const launchOptions = (): WechatMiniprogram.App.LaunchShowOption =>
  ({ path: 'pages/home/home', query: {}, scene: 1001, shareTicket: '' }) as unknown as WechatMiniprogram.App.LaunchShowOption
