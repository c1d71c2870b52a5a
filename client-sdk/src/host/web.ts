import { GameError } from '../game-error.ts'
import { WebSocketTransport, type WebSocketConstructor } from '../transport/web-transport.ts'
import type { Host } from './host.ts'

/** What browsers and Node have in common, and what only browsers have; nothing is used at import. */
interface EventSource {
  addEventListener(type: string, listener: () => void): void
  removeEventListener(type: string, listener: () => void): void
}
declare const document: (EventSource & { visibilityState: string }) | undefined
declare const window: EventSource | undefined
declare const navigator: { onLine?: boolean } | undefined
declare const localStorage:
  | { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void }
  | undefined
declare class AbortController {
  signal: unknown
  abort(): void
}
declare function setTimeout(run: () => void, delayMs: number): unknown
declare function clearTimeout(timer: unknown): void
declare function fetch(
  url: string,
  init: { method: string; headers: Record<string, string>; body?: string; signal: unknown },
): Promise<{
  status: number
  headers: { forEach(each: (value: string, name: string) => void): void }
  text(): Promise<string>
}>

/** Options for browsers and Node. */
export interface WebHostOptions {
  /** Returns a fresh login code, instead of `wx.login`, which only WeChat has. */
  login?: (() => string | Promise<string>) | undefined
  /** The `WebSocket` class to use, for example that of `ws`; the global one if absent. */
  WebSocket?: WebSocketConstructor | undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function listen(target: EventSource | undefined, types: string[], listener: () => void): () => void {
  if (target) for (const type of types) target.addEventListener(type, listener)
  return () => {
    if (target) for (const type of types) target.removeEventListener(type, listener)
  }
}

/**
 * Browsers and Node. A background tab is not like a phone's app in the background: its code runs on, and its socket lives, so it counts as
 * visible. When the tab is shown again, the connection is probed, since the computer may have slept. `navigator.onLine` and its events are
 * hints of the same kind: some systems report no network although there is one. Node has none of this, and the session lives in memory.
 */
export function webHost(options: WebHostOptions): Host {
  const page = typeof document === 'object' ? document : undefined
  const view = typeof window === 'object' && page ? window : undefined
  const store = view && typeof localStorage === 'object' ? localStorage : undefined
  const memory: Record<string, string> = {}
  const network = (): string => (view && navigator && navigator.onLine === false ? 'none' : 'unknown')

  return {
    canPatch: true,
    transport: WebSocketTransport,
    transportOptions: options.WebSocket ? { WebSocket: options.WebSocket } : {},

    request: async ({ method, url, headers, body, timeoutMs }) => {
      const abort = new AbortController()
      let late = false
      const timer = setTimeout(() => {
        late = true
        abort.abort()
      }, timeoutMs)
      try {
        const response = await fetch(
          url,
          Object.assign({ method, headers, signal: abort.signal }, body === undefined ? {} : { body: JSON.stringify(body) }),
        )
        const found: Record<string, string> = {}
        response.headers.forEach((value, name) => {
          found[name] = value
        })
        return { status: response.status, headers: found, body: parse(await response.text()) }
      } catch (error) {
        const { message, cause } = error as { message?: string; cause?: { message?: string } }
        throw new GameError(late ? 'timeout' : 'network', (cause && cause.message) || message)
      } finally {
        clearTimeout(timer)
      }
    },

    login: async () => {
      if (!options.login) throw new GameError('login_failed', 'There is no wx.login here: pass `login`.')
      try {
        return await options.login()
      } catch (error) {
        throw new GameError('login_failed', error instanceof Error ? error.message : undefined)
      }
    },
    loginHolds: () => Promise.resolve(true),

    load: (key) => (store ? store.getItem(key) : memory[key]) || null,
    save: (key, value) => {
      if (store) store.setItem(key, value)
      else memory[key] = value
    },
    remove: (key) => {
      if (store) store.removeItem(key)
      else delete memory[key]
    },

    visible: () => true,
    onVisibility: () => () => undefined,
    networkType: () => Promise.resolve(network()),
    onNetwork: (listener) => {
      const stopNetwork = listen(view, ['online', 'offline'], () => listener(network()))
      const stopPage = listen(page, ['visibilitychange'], () => {
        if (page && page.visibilityState !== 'hidden') listener(network())
      })
      const stopCache = listen(view, ['pageshow'], () => listener(network()))
      return () => {
        stopNetwork()
        stopPage()
        stopCache()
      }
    },
  }
}
