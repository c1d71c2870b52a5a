import { GameError, type ClientErrorCode } from '../game-error.ts'
import { WxTransport } from '../transport/wx-transport.ts'
import type { Host } from './host.ts'
import type { WxApi, WxFailure, WxRequestOptions, WxSocketOptions } from './wx-api.ts'

/** A call of `wx` as a promise; a `fail` rejects with `code` and WeChat's own message. */
function ask<R>(
  code: ClientErrorCode,
  begin: (callbacks: { success(result: R): void; fail(failure?: WxFailure): void }) => unknown,
): Promise<R> {
  return new Promise((success, reject) => {
    const fail = ({ errMsg }: Partial<WxFailure> = {}): void =>
      reject(new GameError(/time.?out/i.test(errMsg || '') ? 'timeout' : code, errMsg))
    begin({ success, fail })
  })
}

function lowerCase(headers: Record<string, unknown> = {}): Record<string, string> {
  const lower: Record<string, string> = {}
  for (const name of Object.keys(headers)) lower[name.toLowerCase()] = String(headers[name])
  return lower
}

/** WeChat mini programs and mini games. `socket` holds options for `wx.connectSocket`. */
export function wxHost(wx: WxApi, socket?: WxSocketOptions): Host {
  return {
    canPatch: false,
    transport: WxTransport,
    transportOptions: Object.assign({ tcpNoDelay: true }, socket, { wx }),

    request: async ({ method, url, headers, body, timeoutMs }) => {
      const { statusCode, data, header } = await ask<{
        statusCode: number
        data: unknown
        header: Record<string, unknown>
      }>('network', (callbacks) =>
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
      const { code } = await ask<{ code: string }>('login_failed', (callbacks) => wx.login(callbacks))
      if (!code) throw new GameError('login_failed', 'login: no code')
      return code
    },
    loginHolds: () =>
      ask<unknown>('login_failed', ({ success, fail }) => wx.checkSession({ success: () => success(true), fail })).then(
        () => true,
        () => false,
      ),

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
      ask<{ networkType: string }>('network', (callbacks) => wx.getNetworkType(callbacks)).then(
        ({ networkType }) => networkType,
        () => 'unknown',
      ),
    onNetwork: (listener) => {
      const change = ({ isConnected, networkType }: { isConnected: boolean; networkType: string }): void =>
        listener(isConnected ? networkType : 'none')
      wx.onNetworkStatusChange(change)
      return () => {
        if (wx.offNetworkStatusChange) wx.offNetworkStatusChange(change)
      }
    },
  }
}
