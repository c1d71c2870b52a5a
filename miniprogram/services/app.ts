import type { GameClient, GameSnapshot } from 'caiquan-client'
import { bannerText } from './banner'
import { codeOf } from './error-code'
import type { Guide } from './guide'
import type { Privacy } from './privacy'
import type { Texts } from './texts'

const app = (): CaiquanApp => getApp<CaiquanApp & WechatMiniprogram.IAnyObject>()

/** The one game client of the app: one login, one socket, whatever the pages do. */
export const game = (): GameClient => app().game
export const texts = (): Texts => app().texts
/** Asks for consent before what concerns the player is used. */
export const privacy = (): Privacy => app().privacy
/** Opens matches by itself, and knows what the player has to be told of. */
export const guide = (): Guide => app().guide

/**
 * Says what went wrong, in the language of the phone. What the player has called off themselves is nothing to say.
 * @param own sentences for codes that mean something of their own here
 */
export function showError(error: unknown, own: Partial<Record<string, string>> = {}): void {
  const code = codeOf(error)
  if (code === 'cancelled' || code === 'closed') return
  const all = texts()
  void wx.showToast({ icon: 'none', title: (code && (own[code] ?? all.errors[code])) || all.error, duration: 2500 })
}

export const bannerOf = (snapshot: GameSnapshot): string => bannerText(snapshot, texts())

/** The player has opened the game elsewhere, and may take it back. */
export const isReplaced = ({ connection }: GameSnapshot): boolean => connection.status === 'closed' && connection.reason === 'replaced'

/** Goes back to the first page, or opens it where this page is the only one. */
export function goHome(): void {
  const pages = getCurrentPages()
  if (pages.length > 1) void wx.navigateBack({ delta: pages.length - 1 })
  else void wx.reLaunch({ url: '/pages/home/home' })
}
