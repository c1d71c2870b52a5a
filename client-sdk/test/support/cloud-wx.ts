import type { WxCloud } from '../../src/host/cloud.ts'
import type { WxApi } from '../../src/host/wx-api.ts'
import type { Phone } from './phone.ts'

/** A cloud environment with one service, and the caller. */
export interface CloudOptions {
  phone: Phone
  env: string
  service: string
  openid: string
  /** The address of the service's containers: `http://127.0.0.1:3000`. */
  target: () => string
  /** Whether sockets carry the openid: on iOS in its high-performance mode they do not. */
  socketOpenid: boolean
}

const CALL_BYTES = 100 * 1024

/**
 * WeChat's gateway of cloud hosting on top of a stand-in for `wx`: it calls the service by name, removes the headers in which a client
 * states its identity, and adds the identity that WeChat knows. Headers as in
 * https://developers.weixin.qq.com/minigame/dev/wxcloudrun/src/development/weixin/
 */
export function withCloud(wx: WxApi, { phone, env, service, openid, target, socketOpenid }: CloudOptions): WxApi & { cloud: WxCloud } {
  let begun = false
  const identifiedHeaders = (header: Record<string, string> | undefined, withOpenid: boolean): Record<string, string> => {
    const own = Object.entries(header || {}).filter(([name]) => !name.toLowerCase().startsWith('x-wx-'))
    return {
      ...Object.fromEntries(own),
      'X-WX-SOURCE': 'wx_client',
      'X-WX-ENV': env,
      'X-WX-APPID': 'wx-cloud',
      ...(withOpenid && { 'X-WX-OPENID': openid }),
    }
  }
  const problem = (asked: { env: string; service: string | undefined; path: string }): string | null => {
    if (!begun) return "Cloud API isn't enabled, please call wx.cloud.init first"
    if (asked.env !== env) return 'errCode: -501000 | errMsg: Invalid host'
    if (asked.service !== service) return 'errCode: -606001 | errMsg: service not found'
    return asked.path.startsWith('/') ? null : 'errCode: -606002 | errMsg: path must start with /'
  }
  const cloud: WxCloud = {
    init: () => void (begun = true),
    callContainer({ config, path, method, header, data, timeout, success, fail }) {
      const wrong =
        problem({ env: config.env, service: header['X-WX-SERVICE'], path }) ??
        ((data || '').length > CALL_BYTES ? 'data exceed max size 100K' : null)
      if (wrong !== null) return phone.run(() => fail({ errMsg: `cloud.callContainer:fail ${wrong}` }))
      if (timeout !== undefined && timeout > 15_000) phone.faults.push(new Error('callContainer with more than 15 s'))
      wx.request({
        url: target() + path,
        method: method as 'GET',
        header: identifiedHeaders(header, true),
        ...(data !== undefined && { data }),
        ...(timeout !== undefined && { timeout }),
        success,
        fail,
      })
    },
    connectContainer({ config, service: asked, path, success, fail, header, ...socket }) {
      const wrong = problem({ env: config.env, service: asked, path })
      // A little later: the real one asks its gateway for an address first.
      phone.setTimeout(() => {
        if (wrong !== null) return fail({ errMsg: `cloud.connectContainer:fail ${wrong}` })
        const socketTask = wx.connectSocket({
          ...socket,
          url: target().replace('http', 'ws') + path,
          header: identifiedHeaders(header, socketOpenid),
        })
        success({ socketTask })
      }, 5)
    },
  }
  return Object.assign({}, wx, { cloud })
}
