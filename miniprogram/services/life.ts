import type { GameClient, GameSnapshot } from 'caiquan-client'
import type { Texts } from './texts'

const playing = ({ match, seat }: GameSnapshot): boolean => match !== null && seat !== null && match.status === 'playing'

/** The screen stays on while the player sits in a running match: a round is longer than some phones wait. */
export function keepScreenOn(game: Pick<GameClient, 'subscribe'>): void {
  let on = false
  game.subscribe((snapshot) => {
    if (playing(snapshot) === on) return
    on = !on
    wx.setKeepScreenOn({ keepScreenOn: on, fail: () => undefined })
  })
}

/**
 * WeChat downloads a new version beside the running one, and starts it when the app is restarted. The player is asked to restart, but never
 * during a match.
 */
export function watchUpdates(game: Pick<GameClient, 'subscribe'>, texts: Texts): void {
  const manager = wx.getUpdateManager()
  manager.onUpdateReady(() =>
    game.subscribe((snapshot, stop) => {
      if (playing(snapshot) || snapshot.search) return
      stop()
      wx.showModal({
        title: texts.updateTitle,
        content: texts.update,
        confirmText: texts.restart,
        cancelText: texts.later,
        success: ({ confirm }) => {
          if (confirm) manager.applyUpdate()
        },
      })
    }),
  )
  manager.onUpdateFailed(() => void wx.showToast({ title: texts.updateFailed, icon: 'none', duration: 4000 }))
}
