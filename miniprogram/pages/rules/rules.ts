import { goHome, texts } from '../../services/app'

Page({
  data: { t: texts() },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().rules })
  },
  account() {
    void wx.navigateTo({ url: '/pages/account/account' })
  },
  close() {
    goHome()
  },
})
