import { GameError, type ClientErrorCode } from '../game-error.ts'
import { WxTransport } from '../transport/wx-transport.ts'
import type { Host } from './host.ts'
import type { WxApi, WxFailure, WxRequestOptions, WxSocketOptions } from './wx-api.ts'

/**
 * A call of `wx` as a promise; a `fail` rejects with `code` and WeChat's own message. Frameworks return promises of their own beside the
 * callbacks, or instead of them: the first outcome counts. A function that this host does not have fails like one that refuses.
 */
function ask<R>(
  code: ClientErrorCode,
  name: keyof WxApi,
  begin: (callbacks: { success(result: R): void; fail(failure?: WxFailure): void }) => unknown,
): Promise<R> {
  return new Promise((success, reject) => {
    const fail = (failure?: Partial<WxFailure> & { message?: string }): void => {
      const { errMsg, message } = failure || {}
      reject(new GameError(/time.?out/i.test(errMsg || '') ? 'timeout' : code, errMsg || message))
    }
    try {
      const promise = begin({ success, fail }) as PromiseLike<R> | undefined
      // That of `wx.request` is no promise but a task.
      if (promise && typeof promise.then === 'function') promise.then((result) => result && success(result), fail)
    } catch (error) {
      fail({ errMsg: `${name}: ${error instanceof Error ? error.message : String(error)}` })
    }
  })
}

/** The value after `fail`, or if the function is missing: nothing is known. */
const unknown = (): null => null

function lowerCase(headers: Record<string, unknown> = {}): Record<string, string> {
  const lower: Record<string, string> = {}
  for (const name of Object.keys(headers)) lower[name.toLowerCase()] = String(headers[name])
  return lower
}

/** WeChat mini programs and mini games. `socket` holds options for `wx.connectSocket`. */
export function wxHost(wx: WxApi, socket?: WxSocketOptions): Host {
  /** A framework's `connectSocket` returned a promise: its sockets cannot be told apart from dead ones, so there is one at a time. */
  let promised = false
  const asPromise = (): void => {
    promised = true
  }
  return {
    canPatch: false,
    transport: WxTransport,
    transportOptions: Object.assign({ tcpNoDelay: true }, socket, { wx, asPromise }),
    mayHedge: () => !promised,

    request: async ({ method, url, headers, body, timeoutMs }) => {
      // `zh_CN`: the server names new players in the language of the app.
      const { language } = wx.getAppBaseInfo ? wx.getAppBaseInfo() : ({} as { language?: string })
      if (language) headers['accept-language'] = language.replace('_', '-')
      const { statusCode, data, header } = await ask<{
        statusCode: number
        data: unknown
        header: Record<string, unknown>
      }>('network', 'request', (callbacks) =>
        wx.request(
          Object.assign(
            { url, method: method as WxRequestOptions['method'], header: headers, timeout: timeoutMs },
            body !== undefined && { data: JSON.stringify(body) },
            callbacks,
          ),
        ),
      )
      return { status: statusCode, headers: lowerCase(header), body: data }
    },

    login: async () => {
      const { code } = await ask<{ code: string }>('login_failed', 'login', (callbacks) => wx.login(callbacks))
      if (!code) throw new GameError('login_failed', 'login: no code')
      return code
    },
    loginHolds: () =>
      // A host without it has no login of its own that could have ended.
      typeof wx.checkSession === 'function'
        ? ask<unknown>('login_failed', 'checkSession', ({ success, fail }) => wx.checkSession({ success: () => success(true), fail })).then(
            () => true,
            () => false,
          )
        : Promise.resolve(true),

    load: (key) => (wx.getStorageSync(key) || null) as string | null,
    save: (key, value) => wx.setStorageSync(key, value),
    remove: (key) => wx.removeStorageSync(key),

    visible: () => true,
    onVisibility: (listener) => {
      const show = (): void => listener(true)
      const hide = (): void => listener(false)
      if (wx.onAppShow && wx.onAppHide) {
        wx.onAppShow(show)
        wx.onAppHide(hide)
      } else if (wx.onShow && wx.onHide) {
        wx.onShow(show)
        wx.onHide(hide)
      }
      return () => {
        const offShow = wx.offAppShow || wx.offShow
        const offHide = wx.offAppHide || wx.offHide
        if (offShow) offShow.call(wx, show)
        if (offHide) offHide.call(wx, hide)
      }
    },
    networkType: () =>
      ask<{ networkType: string }>('network', 'getNetworkType', (callbacks) => wx.getNetworkType(callbacks)).then(
        ({ networkType }) => networkType,
        unknown,
      ),
    onNetwork: (listener) => {
      const change = ({ isConnected, networkType }: { isConnected: boolean | undefined; networkType: string }): void =>
        // A host that does not report it counts as connected.
        listener(isConnected === false ? 'none' : networkType || 'unknown')
      if (typeof wx.onNetworkStatusChange === 'function') wx.onNetworkStatusChange(change)
      return () => {
        if (wx.offNetworkStatusChange) wx.offNetworkStatusChange(change)
      }
    },
  }
}
