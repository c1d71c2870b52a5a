import { TABS_CHANNEL, type TabMessage, type TabState } from '../host/tabs.ts'

const ASK_MS = 2000
/** A tab that was killed sends no message. */
const SILENT_MS = 3 * ASK_MS

/** Listens to the playing tabs of this browser, and reports every change. */
export function followTabs(changed: (tabs: TabState[]) => void): void {
  const tabs = new Map<string, { state: TabState; heard: number }>()
  const channel = new BroadcastChannel(TABS_CHANNEL)
  const tell = (): void => changed([...tabs.values()].map(({ state }) => state))
  channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
    if (data.kind === 'tab') tabs.set(data.state.tab, { state: data.state, heard: performance.now() })
    else if (data.kind === 'bye') tabs.delete(data.tab)
    else return
    tell()
  })
  const ask = (): void => {
    for (const [tab, { heard }] of tabs) if (performance.now() - heard > SILENT_MS) tabs.delete(tab)
    tell()
    channel.postMessage({ kind: 'who' } satisfies TabMessage)
  }
  setInterval(ask, ASK_MS)
  ask()
}
