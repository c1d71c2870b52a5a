import { showError, game, texts } from '../../services/app'
import { matchLine, roundLines, type MatchLine, type RoundLine } from '../../services/history-view'

const PAGE_SIZE = 20

Page({
  data: {
    t: texts(),
    matches: [] as MatchLine[],
    next: '',
    state: 'loading' as 'loading' | 'ready' | 'failed',
    open: '',
    rounds: [] as RoundLine[],
    /** Why there are no rounds to show; empty while they load. */
    noRounds: '',
    bones: [1, 2, 3, 4, 5],
  },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().history })
    this.load()
  },
  load() {
    this.setData({ state: 'loading' })
    const { next } = this.data
    game()
      .history(next ? { limit: PAGE_SIZE, before: next } : { limit: PAGE_SIZE })
      .then((page) => {
        const me = game().me?.id ?? ''
        const matches = [...this.data.matches, ...page.matches.map((match) => matchLine(match, me, texts()))]
        this.setData({ matches, next: page.next ?? '', state: 'ready' })
      })
      .catch((error: unknown) => {
        showError(error)
        this.setData({ state: 'failed' })
      })
  },
  toggle(event: WechatMiniprogram.TouchEvent) {
    const { id } = event.currentTarget.dataset as { id: string }
    if (this.data.open === id) {
      this.setData({ open: '', rounds: [], noRounds: '' })
      return
    }
    this.setData({ open: id, rounds: [], noRounds: '' })
    game()
      .record(id)
      .then(({ match, rounds, archived }) => {
        if (this.data.open !== id) return
        const noRounds = rounds.length > 0 ? '' : archived ? texts().archived : texts().noRounds
        this.setData({ rounds: roundLines(match, rounds, game().me?.id ?? '', texts()), noRounds })
      })
      .catch(showError)
  },
})
