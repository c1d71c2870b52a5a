import { EMOTES, MOVES, type Emote, type EmoteEvent, type GameSnapshot, type Move } from 'caiquan-client'
import { bannerOf, complain, game, texts } from '../../services/app'
import { matchPageView } from '../../services/match-view'
import { fill } from '../../services/texts'

/** How long a round lasts unless the server is set otherwise, ms: the bar of one that is joined late begins part-way. */
const ROUND_MS = 10_000

/** How long an emote stays over its player, ms. */
const EMOTE_MS = 2500

type Side = 'mine' | 'theirs'

Page({
  data: {
    t: texts(),
    ...matchPageView({ match: null } as GameSnapshot, texts()),
    banner: '',
    replaced: false,
    ranked: false,
    barTurn: '',
    barStyle: '',
    hands: MOVES.map((move) => ({ move, label: texts().moves[move] })),
    emotes: EMOTES.map((emote) => ({ emote, label: texts().emote[emote] })),
    seconds: '',
    hurry: false,
    emotesOpen: false,
    mineSays: '',
    theirsSays: '',
    ratingChange: '',
  },
  release: [] as (() => void)[],
  timers: { mine: 0, theirs: 0 } as Record<Side, number>,
  ratingBefore: null as number | null,
  matchId: '',
  /** The round whose bar runs. */
  barOf: '',

  onLoad() {
    void wx.setNavigationBarTitle({ title: texts().title })
    const client = game()
    client.bindPage(this, (snapshot) => {
      if (snapshot.match && snapshot.match.id !== this.matchId) {
        this.matchId = snapshot.match.id
        this.ratingBefore = snapshot.match.mode === 'ranked' ? (snapshot.me?.rating ?? null) : null
      }
      const change = this.ratingBefore === null || !snapshot.me ? 0 : snapshot.me.rating - this.ratingBefore
      return {
        ...matchPageView(snapshot, texts()),
        banner: bannerOf(snapshot),
        replaced: snapshot.connection.status === 'closed' && snapshot.connection.reason === 'replaced',
        ranked: snapshot.match?.mode === 'ranked',
        ratingChange: change === 0 ? '' : fill(change > 0 ? texts().ratingUp : texts().ratingDown, change),
      }
    })
    this.release = [
      client.countdown((ms) => {
        this.startBar(ms)
        const seconds = ms === null ? '' : fill(texts().seconds, Math.ceil(ms / 1000))
        const hurry = ms !== null && ms < 3500
        if (seconds !== this.data.seconds || hurry !== this.data.hurry) this.setData({ seconds, hurry })
      }),
      client.on('emote', (event) => this.hear(event)),
    ]
  },
  onUnload() {
    for (const release of this.release) release()
    clearTimeout(this.timers.mine)
    clearTimeout(this.timers.theirs)
  },

  /** One animation a round: the page need not be told of each step. */
  startBar(ms: number | null) {
    const { match } = game()
    const round = ms === null || !match ? '' : `${match.id}/${match.round}`
    if (round === this.barOf) return
    this.barOf = round
    const from = Math.min(1, (ms ?? 0) / ROUND_MS)
    const barTurn = round && (this.data.barTurn === 'odd' ? 'even' : 'odd')
    this.setData({ barTurn, barStyle: round ? `--from: ${from.toFixed(3)}; animation-duration: ${Math.round(ms ?? 0)}ms` : '' })
  },
  choose(event: WechatMiniprogram.TouchEvent) {
    if (!this.data.open) return
    void wx.vibrateShort({ type: 'light' })
    game()
      .move((event.currentTarget.dataset as { move: Move }).move)
      .catch(complain)
  },
  toggleEmotes() {
    this.setData({ emotesOpen: !this.data.emotesOpen })
  },
  say(event: WechatMiniprogram.TouchEvent) {
    this.setData({ emotesOpen: false })
    game()
      .emote((event.currentTarget.dataset as { emote: Emote }).emote)
      .catch(complain)
  },
  hear({ matchId, seat, emote }: EmoteEvent) {
    const { match, seat: own } = game()
    if (match?.id !== matchId) return
    const side: Side = seat === (own ?? 0) ? 'mine' : 'theirs'
    this.setData({ [`${side}Says`]: texts().emote[emote] })
    clearTimeout(this.timers[side])
    this.timers[side] = setTimeout(() => this.setData({ [`${side}Says`]: '' }), EMOTE_MS)
  },
  rematch() {
    game().rematch().catch(complain)
  },
  leave() {
    if (!this.data.playing || this.data.watching) {
      this.goHome()
      return
    }
    const { leaveTitle: title, leaveBody: content, leave: confirmText, cancel: cancelText } = texts()
    wx.showModal({
      title, content, confirmText, cancelText,
      success: ({ confirm }) => {
        if (confirm) this.goHome()
      },
    })
  },
  goHome() {
    game()
      .leave()
      .then(() => {
        if (getCurrentPages().length > 1) void wx.navigateBack()
        else void wx.reLaunch({ url: '/pages/home/home' })
      })
      .catch(complain)
  },
  takeBack() {
    game().connect().catch(complain)
  },
})
