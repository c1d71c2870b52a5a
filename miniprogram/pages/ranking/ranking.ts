import type { LeaderboardEntry } from 'caiquan-client'
import { showError, game, texts } from '../../services/app'
import { nameOf } from '../../services/names'
import { pictureOf } from '../../services/pictures'

type Period = 'week' | 'all'

const lineOf = ({ rank, player }: LeaderboardEntry) => ({
  rank,
  id: player.id,
  rating: player.rating,
  name: nameOf(player, texts()),
  picture: pictureOf(player),
})

Page({
  data: {
    t: texts(),
    period: 'week' as Period,
    entries: [] as ReturnType<typeof lineOf>[],
    myId: '',
    bones: [1, 2, 3, 4, 5],
    me: null as LeaderboardEntry | null,
    state: 'loading' as 'loading' | 'ready' | 'failed',
  },

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().ranking })
    this.load('week')
  },
  choose(event: WechatMiniprogram.TouchEvent) {
    this.load((event.currentTarget.dataset as { period: Period }).period)
  },
  retry() {
    this.load(this.data.period)
  },
  load(period: Period) {
    this.setData({ period, state: 'loading' })
    game()
      .leaderboard({ period, limit: 50 })
      .then(({ entries, me = null }) => {
        // The other tab may have been chosen meanwhile.
        if (this.data.period === period) this.setData({ entries: entries.map(lineOf), me, myId: game().me?.id ?? '', state: 'ready' })
      })
      .catch((error: unknown) => {
        showError(error)
        if (this.data.period === period) this.setData({ state: 'failed' })
      })
  },
})
