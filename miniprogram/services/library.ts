import type { Texts } from './texts'
import { isOlder } from './version'

/**
 * The oldest base library that this mini program is made for: privacy authorization, glass-easel. Set the same number in the console of
 * WeChat, which then asks users of an older one to update (设置 → 基本设置 → 基础库最低版本设置).
 */
export const MINIMUM_LIBRARY = '3.0.0'

/** Says what to do on a phone that is too old. Nothing else is guaranteed to work there. */
export function demandLibrary(version: string, texts: Texts): void {
  if (!version || !isOlder(version, MINIMUM_LIBRARY)) return
  wx.showModal({
    title: texts.tooOldTitle,
    content: texts.tooOld,
    showCancel: false,
    success: () => {
      if (typeof wx.updateWeChatApp === 'function') void wx.updateWeChatApp({})
    },
  })
}
