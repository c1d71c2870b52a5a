/** What this phone remembers between two starts. A phone without room to store it works without. */
type Key = 'caiquan.sound' | 'caiquan.rules' | 'caiquan.live'

export function remembered(key: Key): string {
  try {
    return String(wx.getStorageSync(key) || '')
  } catch {
    return ''
  }
}

export function remember(key: Key, value: string): void {
  try {
    if (value) wx.setStorageSync(key, value)
    else wx.removeStorageSync(key)
  } catch {
    // The question or message is repeated at the next start.
  }
}
