import type { FindMode } from 'caiquan-client'
import { bannerOf, showError, showRefusal, game, guide, isReplaced, privacy, texts } from '../../services/app'
import { beFresh } from '../../services/fresh'
import { SHARE_PICTURE } from '../../services/share'
import { homeView, waitView } from '../../services/home-view'
import { Online } from '../../services/online'
import { soundIsOn, turnSound } from '../../services/sounds'
import { remember, remembered } from '../../services/storage'

const CODE_LENGTH = 6

Page({
  data: {
    t: texts(),
    /** The page has just appeared. */
    fresh: true,
    code: '',
    banner: '',
    quiet: '',
    replaced: false,
    picture: '',
    searching: false,
    waited: '',
    elsewhere: [] as FindMode[],
    resume: '',
    ready: false,
    notice: '',
    nickname: '',
    renaming: false,
    review: '',
    sound: soundIsOn(),
    firstTime: remembered('caiquan.rules') === '',
  },
  online: null as Online | null,
  clock: 0,
  stopFresh: (): void => undefined,
  /** The content of the field for the nickname. */
  typed: '',
  /** The nickname that is being sent to the server. */
  saving: '',

  onLoad(query: { code?: string }) {
    void wx.setNavigationBarTitle({ title: texts().title })
    this.online = new Online(game(), texts(), (quiet) => this.setData({ quiet }))
    game().bindPage(this, (snapshot) => ({ ...homeView(snapshot, bannerOf(snapshot), texts()), replaced: isReplaced(snapshot) }))
    guide().onNotice = () => this.setData({ notice: guide().notice })
    if (query.code) this.joinCode(query.code)
  },
  onShow() {
    this.rearrange()
    this.clock = setInterval(() => this.showWait(), 1000)
    this.setData({ notice: guide().notice, ...waitView(game().snapshot.search, Date.now(), texts()) })
    this.online?.show()
  },
  onHide() {
    this.rest()
  },
  onUnload() {
    this.rest()
  },
  /** Other buttons replace those that are there. */
  rearrange() {
    this.stopFresh()
    this.stopFresh = beFresh(this)
  },
  rest() {
    this.stopFresh()
    this.online?.hide()
    clearInterval(this.clock)
  },
  showWait() {
    const { search } = game().snapshot
    // Without a server the clock stands still.
    if (search && !this.data.banner) this.setData(waitView(search, Date.now(), texts()))
  },

  /** The guide opens the match. */
  find(event: WechatMiniprogram.TouchEvent) {
    const { mode } = event.currentTarget.dataset as { mode: FindMode }
    this.setData(waitView(null, 0, texts()))
    this.rearrange()
    game().find({ mode, bestOf: 3 }).catch(showError)
  },
  /** The search has ended here at once: if the server does not receive this, the ticket expires without a heartbeat. */
  cancel() {
    this.rearrange()
    game()
      .cancel()
      .catch(() => undefined)
  },
  createRoom() {
    game().createRoom(3).catch(showError)
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
      .catch((error: { code?: string }) => {
        if (error.code === 'room_full') this.watch(code)
        else showError(error)
      })
  },
  watch(code: string) {
    game()
      .watch({ code })
      .then(() => {
        void wx.showToast({ icon: 'none', title: texts().fullWatching })
        return wx.navigateTo({ url: '/pages/match/match' })
      })
      .catch(showError)
  },
  resume() {
    guide().entered()
  },
  open(event: WechatMiniprogram.TouchEvent) {
    const { url } = event.currentTarget.dataset as { url: string }
    void wx.navigateTo({ url })
  },
  chooseAvatar(event: WechatMiniprogram.CustomEvent<{ avatarUrl: string }>) {
    // The file is on this phone only: other players see what is uploaded to the server.
    wx.getFileSystemManager().readFile({
      filePath: event.detail.avatarUrl,
      encoding: 'base64',
      success: ({ data }) =>
        void game()
          .updateProfile({ avatar: data as string })
          .catch(showError),
      fail: showError,
    })
  },
  avatarRefused(event: WechatMiniprogram.CustomEvent<{ errMsg?: string; errno?: number }>) {
    showRefusal(event.detail, texts().noPicture)
  },

  /** The field cannot ask by itself whether it may offer WeChat's nickname. */
  askForName() {
    privacy().require((error) => showRefusal(error, texts().typeName))
  },
  typeName(event: WechatMiniprogram.CustomEvent<{ value: string }>) {
    this.typed = event.detail.value.trim()
    this.setData({ renaming: this.typed !== (game().me?.nickname ?? '') })
  },
  /**
   * A nickname is saved only once WeChat's own check of it is done: by this event, which newer versions have, or by the form.
   * @see https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/userProfile.html
   */
  reviewName({ detail }: WechatMiniprogram.CustomEvent<{ pass: boolean; timeout: boolean }>) {
    // Without a reply from WeChat the button stays.
    if (detail.timeout) return
    if (detail.pass) this.saveName(this.typed)
    else this.refuseName('')
  },
  /** WeChat has emptied a field whose content it refused. */
  submitName({ detail }: WechatMiniprogram.CustomEvent<{ value: { nickname: string } }>) {
    const nickname = detail.value.nickname.trim()
    if (nickname) this.saveName(nickname)
    else this.refuseName('')
  },
  saveName(nickname: string) {
    const before = game().me?.nickname ?? ''
    this.setData({ renaming: false })
    // Both ways may lead here for one nickname.
    if (nickname === before || nickname === this.saving) return
    if (!nickname) return this.showName(before, nickname)
    this.saving = nickname
    game()
      .updateProfile({ nickname })
      .catch((error: unknown) => {
        showError(error, { bad_request: texts().nameRefused })
        this.showName(before, nickname)
      })
      .then(() => {
        this.saving = ''
      }, showError)
  },
  refuseName(typed: string) {
    void wx.showToast({ icon: 'none', title: texts().nameRefused, duration: 2500 })
    this.setData({ renaming: false })
    this.showName(game().me?.nickname ?? '', typed)
  },
  /** Restores the name in the field, which contains what was typed. */
  showName(nickname: string, typed: string) {
    this.setData({ nickname: typed }, () => this.setData({ nickname }))
  },
  dismissNotice() {
    guide().setNotice('')
  },
  dismissRules() {
    remember('caiquan.rules', 'seen')
    this.setData({ firstTime: false })
  },
  toggleSound() {
    turnSound(!this.data.sound)
    this.setData({ sound: !this.data.sound })
  },
  takeBack() {
    game().connect().catch(showError)
  },
  onShareAppMessage() {
    return { title: texts().shareApp, path: '/pages/home/home', imageUrl: SHARE_PICTURE }
  },
  onShareTimeline() {
    return { title: texts().shareApp, imageUrl: SHARE_PICTURE }
  },
})
