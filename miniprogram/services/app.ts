import { GameError, type GameClient, type GameSnapshot } from 'caiquan-client'
import type { Texts } from './texts'

const app = (): CaiquanApp => getApp<CaiquanApp & WechatMiniprogram.IAnyObject>()

/** The one game client of the app: one login, one socket, whatever the pages do. */
export const game = (): GameClient => app().game
export const texts = (): Texts => app().texts

/** Says what went wrong, in the language of the phone. What the user has called off himself is nothing to say. */
export function complain(error: unknown): void {
  const code = error instanceof GameError ? error.code : null
  if (code === 'cancelled' || code === 'closed') return
  const all = texts()
  void wx.showToast({ icon: 'none', title: (code && all.errors[code]) || all.error })
}

/** What the connection banner says; empty while there is nothing to say. */
export function bannerOf({ connection: { status, reason, failures }, me }: GameSnapshot): string {
  const all = texts()
  if (status === 'offline') return all.offline
  if (status === 'closed') return reason === 'replaced' ? all.replaced : reason === 'refused' ? all.refused : ''
  const trying = status === 'connecting' || status === 'login'
  // Without a first answer there is nothing to come back to yet.
  if (trying && failures > 0) return me ? all.reconnecting : all.unreachable
  return ''
}
