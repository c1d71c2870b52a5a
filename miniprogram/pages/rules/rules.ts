import { goHome, texts } from '../../services/app'

Page({
  data: { t: texts() },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().rules })
  },
  close() {
    goHome()
  },
})
