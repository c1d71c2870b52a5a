/** Where WeChat keeps the pictures of its users: everybody who sees a player fetches the address, so no other host learns of it. */
const WECHAT_HOSTS = new Set(['thirdwx.qlogo.cn', 'wx.qlogo.cn', 'mmhead.c2c.wechat.com'])
const MAX_LENGTH = 512

/**
 * The address as it is kept, null if it cannot be. Empty for none, one of WeChat's, or `own`, the prefix of the pictures that
 * the player has put here themselves.
 */
export function readAvatarUrl(text: string, own: string): string | null {
  if (text === '') return ''
  const url = text.length <= MAX_LENGTH ? URL.parse(text) : null
  if (!url || url.username !== '' || url.password !== '') return null
  if (text.startsWith(own) && /^[0-9a-f]{32}$/.test(text.slice(own.length))) return text
  if (!['https:', 'http:'].includes(url.protocol) || url.port !== '' || !WECHAT_HOSTS.has(url.hostname)) return null
  // Older versions of WeChat name http, which mini programs do not load.
  url.protocol = 'https:'
  url.hash = ''
  return url.href.length <= MAX_LENGTH ? url.href : null
}
