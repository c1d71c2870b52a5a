import { goHome, texts } from '../../services/app'
import { LICENCES, NOTICES } from '../../services/notices'
import { fill } from '../../services/texts'

Page({
  data: {
    t: texts(),
    notices: NOTICES,
    health: texts().health || NOTICES.health,
    age: fill(texts().ageHint, NOTICES.age),
    licences: LICENCES,
  },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().about })
  },
  rules() {
    void wx.navigateTo({ url: '/pages/rules/rules' })
  },
  account() {
    void wx.navigateTo({ url: '/pages/account/account' })
  },
  close() {
    goHome()
  },
})
