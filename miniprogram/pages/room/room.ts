import type { GameSnapshot } from 'caiquan-client'
import { bannerOf, complain, game, texts } from '../../services/app'
import { fill } from '../../services/texts'

/** Letters may repeat: their place tells them apart. */
const lettersOf = (code: string) => code.split('').map((letter, at) => ({ at, letter }))
const codeOf = ({ match }: GameSnapshot): string => match?.code ?? ''

Page({
  data: { t: texts(), code: '', banner: '', letters: lettersOf(''), avatarUrl: '', initial: '' },
  unsubscribe: () => undefined as void,

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().title })
    game().bindPage(this, (snapshot) => ({
      code: codeOf(snapshot),
      letters: lettersOf(codeOf(snapshot)),
      banner: bannerOf(snapshot),
      avatarUrl: snapshot.me?.avatarUrl ?? '',
      initial: snapshot.me?.nickname.slice(0, 1) ?? '',
    }))
    this.unsubscribe = game().subscribe(({ match }) => {
      if (match?.status === 'playing') {
        this.unsubscribe()
        void wx.redirectTo({ url: '/pages/match/match' })
      }
    })
  },
  onUnload() {
    this.unsubscribe()
  },
  copy() {
    wx.setClipboardData({ data: this.data.code, success: () => void wx.showToast({ title: texts().copied, icon: 'none' }) })
  },
  close() {
    game()
      .leave()
      .then(() => wx.navigateBack())
      .catch(complain)
  },
  onShareAppMessage() {
    const { code } = this.data
    return { title: fill(texts().shareTitle, code), path: `/pages/home/home?code=${code}` }
  },
})
