/**
 * WeChat's host for the pictures of its users. Everybody who sees a player loads the address, so no other host is allowed to learn of it.
 */
const WECHAT_HOSTS = new Set(['thirdwx.qlogo.cn', 'wx.qlogo.cn', 'mmhead.c2c.wechat.com'])
const MAX_LENGTH = 512

/**
 * The address as it is kept; null if it may not be. Allowed are: '' for none, an address of WeChat's, or one that begins with `own`, the
 * prefix of the pictures that the player has uploaded here.
 */
export function readAvatarUrl(text: string, own: string): string | null {
  if (text === '') return ''
  const url = text.length <= MAX_LENGTH ? URL.parse(text) : null
  if (!url || url.username !== '' || url.password !== '') return null
  if (text.startsWith(own) && /^[0-9a-f]{32}$/.test(text.slice(own.length))) return text
  if (!['https:', 'http:'].includes(url.protocol) || url.port !== '' || !WECHAT_HOSTS.has(url.hostname)) return null
  // Older versions of WeChat return http, which mini programs do not load.
  url.protocol = 'https:'
  url.hash = ''
  return url.href.length <= MAX_LENGTH ? url.href : null
}
