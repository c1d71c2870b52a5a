import type { GameClient, GameSnapshot } from 'caiquan-client'
import { bannerText } from './banner'
import { codeOf } from './error-code'
import type { Guide } from './guide'
import { privacyFailure, type Privacy } from './privacy'
import type { Texts } from './texts'

const app = (): CaiquanApp => getApp<CaiquanApp & WechatMiniprogram.IAnyObject>()

/** The one game client of the app: one login, one socket, whatever the pages do. */
export const game = (): GameClient => app().game
export const texts = (): Texts => app().texts
/** Opens matches by itself, and knows what to report to the player. */
export const guide = (): Guide => app().guide

/** Asks for what WeChat gives only to players who accept the privacy agreement. */
export const privacy = (): Privacy => app().privacy

/**
 * Shows what went wrong, in the language of the phone. What the player has cancelled themselves is not shown.
 * @param own sentences for codes with a meaning of their own here
 * @param other the sentence for an error without a code
 */
export function showError(error: unknown, own: Partial<Record<string, string>> = {}, other = texts().error): void {
  const code = codeOf(error)
  if (code === 'cancelled' || code === 'closed') return
  const all = texts()
  void wx.showToast({ icon: 'none', title: (code && (own[code] ?? all.errors[code])) || other, duration: 2500 })
}

/**
 * Shows that WeChat did not give what was asked for: because the player declined, because the agreement does not name it, or for another
 * reason. @param sentence what cannot be done now, and what can be done instead
 */
export function showRefusal(error: unknown, sentence: string): void {
  const failure = privacyFailure(error)
  const why = failure === 'declined' ? texts().privacyDeclined : failure === 'undeclared' ? texts().privacyUndeclared : ''
  void wx.showToast({ icon: 'none', title: `${why}${sentence}`, duration: 3500 })
}

export const bannerOf = (snapshot: GameSnapshot): string => bannerText(snapshot, texts())

/** The player has opened the game elsewhere, and may continue here. */
export const isReplaced = ({ connection }: GameSnapshot): boolean => connection.status === 'closed' && connection.reason === 'replaced'

/** Goes back to the first page, or opens it if this page is the only one. */
export function goHome(): void {
  const pages = getCurrentPages()
  if (pages.length > 1) void wx.navigateBack({ delta: pages.length - 1 })
  else void wx.reLaunch({ url: '/pages/home/home' })
}
