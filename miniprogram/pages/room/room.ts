import type { GameSnapshot } from 'caiquan-client'
import { bannerOf, complain, game, texts } from '../../services/app'
import { fill } from '../../services/texts'

/** Letters may repeat: their place tells them apart. */
const lettersOf = (code: string) => code.split('').map((letter, at) => ({ at, letter }))
const codeOf = ({ match }: GameSnapshot): string => match?.code ?? ''

Page({
  data: { t: texts(), code: '', banner: '', letters: lettersOf('') },
  unsubscribe: () => undefined as void,

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().title })
    game().bindPage(this, (snapshot) => ({ code: codeOf(snapshot), letters: lettersOf(codeOf(snapshot)), banner: bannerOf(snapshot) }))
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
