import { deleteAccount } from '../../services/account'
import { game, goHome, privacy, showError, texts } from '../../services/app'
import { SERVER_URL } from '../../services/config'

Page({
  data: { t: texts(), busy: false, deleted: false },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().account })
  },
  onUnload() {
    this.begin()
  },
  read() {
    privacy().openContract((error) => showError(error, {}, texts().privacyUnread))
  },
  askToDelete() {
    const { deleteTitle: title, deleteBody: content, deleteConfirm: confirmText, cancel: cancelText } = texts()
    wx.showModal({ title, content, confirmText, cancelText, success: ({ confirm }) => void (confirm && this.remove()) })
  },
  remove() {
    if (this.data.busy) return
    this.setData({ busy: true })
    deleteAccount(game(), SERVER_URL)
      .then(() => this.setData({ deleted: true }))
      .catch(showError)
      .then(() => this.setData({ busy: false }))
      .catch(() => undefined)
  },
  /** A player who goes on does so as a new player. */
  begin() {
    if (!this.data.deleted) return
    this.setData({ deleted: false })
    game()
      .connect()
      .catch(() => undefined)
  },
  home() {
    goHome()
  },
})
