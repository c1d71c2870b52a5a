import type { FindMode, GameSnapshot } from 'caiquan-client'
import { bannerOf, complain, game, texts } from '../../services/app'
import { fill } from '../../services/texts'

const CODE_LENGTH = 6

/** What the page shows of the game. */
function select(snapshot: GameSnapshot) {
  const { me, match, search, connection } = snapshot
  const all = texts()
  const live = match && match.status !== 'finished' && snapshot.seat !== null
  return {
    ready: me !== null,
    nickname: me?.nickname ?? '',
    avatarUrl: me?.avatarUrl ?? '',
    initial: me?.nickname.slice(0, 1) ?? '',
    rating: me ? String(me.rating) : '–',
    record: me ? fill(all.record, me.wins, me.losses, me.draws) : '',
    searching: search !== null,
    searchMode: search ? all.modes[search.mode] : '',
    resume: live ? match.status : '',
    banner: bannerOf(snapshot),
    replaced: connection.status === 'closed' && connection.reason === 'replaced',
  }
}

Page({
  data: { t: texts(), code: '', banner: '', replaced: false, avatarUrl: '', searching: false, resume: '', ready: false },

  onLoad(query: { code?: string }) {
    void wx.setNavigationBarTitle({ title: texts().title })
    game().bindPage(this, select)
    if (query.code) this.joinCode(query.code)
  },

  find(event: WechatMiniprogram.TouchEvent) {
    const { mode } = event.currentTarget.dataset as { mode: FindMode }
    game()
      .find({ mode, bestOf: 3 })
      .then(() => this.openMatch())
      .catch(complain)
  },
  cancel() {
    game().cancel().catch(complain)
  },
  createRoom() {
    game()
      .createRoom(3)
      .then(({ match }) => this.enter(match.status))
      .catch(complain)
  },
  typeCode(event: WechatMiniprogram.Input) {
    this.setData({ code: event.detail.value.trim().toUpperCase().slice(0, CODE_LENGTH) })
  },
  join() {
    this.joinCode(this.data.code)
  },
  joinCode(code: string) {
    game()
      .joinRoom(code)
      .then(({ status }) => this.enter(status))
      .catch((error: { code?: string }) => {
        if (error.code === 'room_full') this.watch(code)
        else complain(error)
      })
  },
  watch(code: string) {
    game()
      .watch({ code })
      .then(() => this.openMatch())
      .catch(complain)
  },
  resume() {
    this.enter(this.data.resume)
  },
  /** A room that waits has a page of its own; a match has the other. */
  enter(status: string) {
    if (status === 'waiting') void wx.navigateTo({ url: '/pages/room/room' })
    else this.openMatch()
  },
  openMatch() {
    void wx.navigateTo({ url: '/pages/match/match' })
  },
  open(event: WechatMiniprogram.TouchEvent) {
    const { url } = event.currentTarget.dataset as { url: string }
    void wx.navigateTo({ url })
  },
  chooseAvatar(event: WechatMiniprogram.CustomEvent<{ avatarUrl: string }>) {
    game().updateProfile({ avatarUrl: event.detail.avatarUrl }).catch(complain)
  },
  rename(event: WechatMiniprogram.InputBlur) {
    const nickname = event.detail.value.trim()
    if (nickname && nickname !== game().me?.nickname) game().updateProfile({ nickname }).catch(complain)
  },
  takeBack() {
    game().connect().catch(complain)
  },
  onShareAppMessage() {
    return { title: texts().title, path: '/pages/home/home' }
  },
})
