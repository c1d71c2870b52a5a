import type { FindMode, GameSnapshot } from 'caiquan-client'
import { bannerOf, complain, game, texts } from '../../services/app'
import { fill } from '../../services/texts'

const CODE_LENGTH = 6

/** How often the page asks how many play; sooner while nobody is counted, as one who has just come in is not at once. */
const ONLINE_MS = 15_000
const NOBODY_MS = 2500

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
  data: { t: texts(), code: '', banner: '', quiet: '', replaced: false, avatarUrl: '', searching: false, waited: '', resume: '', ready: false },
  online: 0,
  clock: 0,

  onLoad(query: { code?: string }) {
    void wx.setNavigationBarTitle({ title: texts().title })
    game().bindPage(this, select)
    if (query.code) this.joinCode(query.code)
  },
  onShow() {
    this.clock = setInterval(() => this.showWait(), 1000)
    this.askOnline()
  },
  onHide() {
    this.rest()
  },
  onUnload() {
    this.rest()
  },
  askOnline() {
    clearTimeout(this.online)
    game()
      .online()
      .then(({ players, matches }) => {
        this.setData({ quiet: players > 0 ? fill(texts().online, players, matches) : '' })
        this.askAgain(players > 0 ? ONLINE_MS : NOBODY_MS)
      })
      // The line is no more than an ornament: what is wrong with the server is said by others.
      .catch(() => {
        this.setData({ quiet: '' })
        this.askAgain(ONLINE_MS)
      })
  },
  askAgain(ms: number) {
    // The answer may come when the page is gone.
    if (this.clock) this.online = setTimeout(() => this.askOnline(), ms)
  },
  rest() {
    clearTimeout(this.online)
    clearInterval(this.clock)
    this.clock = 0
  },
  showWait() {
    const { search } = game().snapshot
    if (search) this.setData({ waited: fill(texts().seconds, Math.max(0, Math.round((Date.now() - search.since) / 1000))) })
  },

  find(event: WechatMiniprogram.TouchEvent) {
    const { mode } = event.currentTarget.dataset as { mode: FindMode }
    this.setData({ waited: fill(texts().seconds, 0) })
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
    if (this.data.code.length === CODE_LENGTH) this.joinCode(this.data.code)
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
    // It is a file of this phone: others see what is sent to the server.
    wx.getFileSystemManager().readFile({
      filePath: event.detail.avatarUrl,
      encoding: 'base64',
      success: ({ data }) => void game().updateProfile({ avatar: data as string }).catch(complain),
      fail: complain,
    })
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
