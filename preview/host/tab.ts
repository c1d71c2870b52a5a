import { TABS_CHANNEL, type TabMessage } from './tabs.ts'

const tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => (byte % 36).toString(36)).join('')
const cookie = `cq_tab_${tab}`
const channel = new BroadcastChannel(TABS_CHANNEL)
let node = ''
let nameOf = (): string => ''

const say = (message: TabMessage): void => channel.postMessage(message)
const tell = (): void => say({ kind: 'tab', state: { tab, player: nameOf(), node } })

/** From now on, replies to pages that ask which tabs there are. */
export function announce(name: () => string): void {
  nameOf = name
  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.kind === 'who') tell()
  })
  addEventListener('pagehide', () => say({ kind: 'bye', tab }))
  addEventListener('pageshow', tell)
}

/** The address of a handshake that names this tab: nginx then reports in a cookie which node has accepted it. */
export function named(url: string): string {
  const address = new URL(url)
  address.searchParams.set('tab', tab)
  return address.href
}

/** The handshake has succeeded: its reply brought the cookie, which is not needed any more. */
export function tookOver(): void {
  node = new RegExp(`(?:^|; )${cookie}=([\\w-]+)`).exec(document.cookie)?.[1] ?? ''
  document.cookie = `${cookie}=; Path=/; Secure; SameSite=Strict; Max-Age=0`
  tell()
}

export function lost(): void {
  node = ''
  tell()
}
