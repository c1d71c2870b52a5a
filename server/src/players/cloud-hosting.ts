import type { IncomingHttpHeaders } from 'node:http'

const longestOpenid = 64

/**
 * The openid that WeChat's gateway of cloud hosting vouches for, or null if the request did not come through it from a person in WeChat.
 * `x-wx-source` is present only on calls from inside WeChat; those from the public network carry neither header.
 *
 * The gateway removes what a client sends under these names. Anything else that can reach this server could send any value, so the header
 * is read only with `WECHAT_CLOUD=on`, and nginx removes both headers.
 * @see https://developers.weixin.qq.com/minigame/dev/wxcloudrun/src/development/weixin/
 */
export function vouchedOpenid(headers: IncomingHttpHeaders): string | null {
  const openid = headers['x-wx-openid']
  const source = headers['x-wx-source']
  if (typeof openid !== 'string' || typeof source !== 'string' || source === '') return null
  return /^[\w-]+$/.test(openid) && openid.length <= longestOpenid ? openid : null
}
