import { bannerOf, showError, showRefusal, game, goHome, isReplaced, texts } from '../../services/app'
import { SHARE_PICTURE } from '../../services/share'
import { SERVER_URL, WAITING_TEMPLATE } from '../../services/config'
import { askForNotice } from '../../services/waiting-notice'
import { roomView } from '../../services/room-view'
import { fill } from '../../services/texts'

Page({
  data: { t: texts(), notice: WAITING_TEMPLATE !== '', replaced: false, ...roomView(game().snapshot, '', texts()) },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().title })
    // The guide opens the match once it begins.
    game().bindPage(this, (snapshot) => ({ ...roomView(snapshot, bannerOf(snapshot), texts()), replaced: isReplaced(snapshot) }))
  },
  copy() {
    const { code } = this.data
    wx.setClipboardData({
      data: code,
      success: () => void wx.showToast({ title: texts().copied, icon: 'none' }),
      fail: (error) => showRefusal(error, fill(texts().notCopied, code)),
    })
  },
  /** Asks for permission to send one message, in case the friend comes while the host is away. */
  askForNotice() {
    askForNotice(WAITING_TEMPLATE, SERVER_URL)
      .then((agreed) => {
        if (!agreed) return
        this.setData({ notice: false })
        void wx.showToast({ title: texts().noticeOn, icon: 'none' })
      })
      .catch(showError)
  },
  again() {
    game().createRoom(3).catch(showError)
  },
  home() {
    goHome()
  },
  close() {
    game().leave().then(goHome).catch(showError)
  },
  takeBack() {
    game().connect().catch(showError)
  },
  onShareAppMessage() {
    const { code } = this.data
    return { title: fill(texts().shareTitle, code), path: `/pages/home/home?code=${code}`, imageUrl: SHARE_PICTURE }
  },
})
