import type { IncomingHttpHeaders } from 'node:http'

const longestOpenid = 64

/**
 * The openid that WeChat's gateway of cloud hosting vouches for, or null if the request did not come through it as one of a person
 * in WeChat. `x-wx-source` is there only on calls from inside WeChat; those from the public network carry neither.
 *
 * The gateway takes off what a client says under these names. Whatever else can reach this server could say anything, so this is
 * asked only with `WECHAT_CLOUD=on`, and nginx takes the headers off.
 * @see https://developers.weixin.qq.com/minigame/dev/wxcloudrun/src/development/weixin/
 */
export function vouchedOpenid(headers: IncomingHttpHeaders): string | null {
  const openid = headers['x-wx-openid']
  const source = headers['x-wx-source']
  if (typeof openid !== 'string' || typeof source !== 'string' || source === '') return null
  return /^[\w-]+$/.test(openid) && openid.length <= longestOpenid ? openid : null
}
