/** What a `fail` callback of `wx` receives. */
export interface WxFailure {
  errMsg: string
  errno?: number
}

/** The options of `wx.connectSocket` besides `url` and callbacks. */
export interface WxSocketOptions {
  /** Request headers; WeChat does not let you set `Referer`. */
  header?: Record<string, string>
  /** WebSocket subprotocols. */
  protocols?: string[]
  /** Send small packets at once (`TCP_NODELAY`). */
  tcpNoDelay?: boolean
  /** Offer the compression extension. */
  perMessageDeflate?: boolean
  /** Milliseconds until WeChat gives up connecting. */
  timeout?: number
  /** Use the cellular network even where there is Wi-Fi. */
  forceCellularNetwork?: boolean
}

/** What `wx.connectSocket` returns. */
export interface WxSocketTask {
  send(options: { data: string | ArrayBuffer; success?: () => void; fail?: (failure: WxFailure) => void }): void
  close(options: { code?: number; reason?: string; success?: () => void; fail?: (failure: WxFailure) => void }): void
  onOpen(listener: () => void): void
  onMessage(listener: (message: { data: string | ArrayBuffer }) => void): void
  onError(listener: (failure: WxFailure) => void): void
  onClose(listener: (result: { code: number; reason: string }) => void): void
}

/** What `wx.request` is called with. */
export interface WxRequestOptions {
  url: string
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  data?: string
  header?: Record<string, string>
  /** Milliseconds. */
  timeout?: number
  success(response: { statusCode: number; data: unknown; header: Record<string, unknown> }): void
  fail(failure: WxFailure): void
}

type Listener<T> = (event: T) => void

/**
 * The part of WeChat's `wx` that this package uses. The real `wx` fits (a test compares it with `miniprogram-api-typings`), and so does the
 * object of another host with the same API.
 */
export interface WxApi {
  connectSocket(options: WxSocketOptions & { url: string; success?: () => void; fail?: (failure: WxFailure) => void }): WxSocketTask
  request(options: WxRequestOptions): unknown
  login(options: { timeout?: number; success(result: { code: string }): void; fail(failure: WxFailure): void }): unknown
  checkSession(options: { success(): void; fail(failure?: WxFailure): void }): unknown
  /** Newer base libraries have it. */
  getAppBaseInfo?(): { language?: string }
  getStorageSync(key: string): unknown
  setStorageSync(key: string, value: string): void
  removeStorageSync(key: string): void
  getNetworkType(options: { success(result: { networkType: string }): void; fail?(failure?: WxFailure): void }): unknown
  onNetworkStatusChange(listener: Listener<{ isConnected: boolean; networkType: string }>): void
  /** WeChat's typings give this listener another type than the one it was added with. */
  offNetworkStatusChange?(listener: object | undefined): void
  // Mini programs name the app's life-cycle events this way,
  onAppShow?(listener: () => void): void
  onAppHide?(listener: () => void): void
  offAppShow?(listener: () => void): void
  offAppHide?(listener: () => void): void
  // and mini games this way.
  onShow?(listener: () => void): void
  onHide?(listener: () => void): void
  offShow?(listener: () => void): void
  offHide?(listener: () => void): void
}

declare const wx: WxApi | undefined

/** Whether this code runs in a mini program. */
export function hasGlobalWx(): boolean {
  return typeof wx === 'object' && !!wx && typeof wx.connectSocket === 'function'
}

/** The global `wx`; throws if there is none. */
export function globalWx(): WxApi {
  if (!hasGlobalWx()) throw new Error('There is no wx here: pass one as `wx`.')
  return wx as WxApi
}
