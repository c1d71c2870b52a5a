import type { EmoteEvent, GameSnapshot, Move } from 'caiquan-client'
import { AfterMatch, NO_AFTER } from '../../services/after-match'
import { bannerOf, showError, game, goHome, guide, isReplaced, texts } from '../../services/app'
import { SHARE_PICTURE } from '../../services/share'
import { sayingSince } from '../../services/banner'
import { changesOf } from '../../services/changes'
import { EagerFinger } from '../../services/eager-finger'
import { EmotesSaid } from '../../services/emotes-said'
import { beFresh } from '../../services/fresh'
import { feedback } from '../../services/feedback'
import { MatchFeeling } from '../../services/match-feeling'
import { matchPageView } from '../../services/match-view'
import { decoded } from '../../services/query'
import { Reveal } from '../../services/reveal'
import { NO_CLOCK, RoundClock } from '../../services/round-clock'
import { ResultCard } from '../../services/result-card'

/** In the order in which people say them. */
const HANDS: readonly Move[] = ['rock', 'scissors', 'paper']

Page({
  data: {
    t: texts(),
    /** The page has just appeared. */
    fresh: true,
    ...matchPageView({ match: null } as GameSnapshot, texts()),
    ...NO_AFTER,
    ...NO_CLOCK,
    banner: '',
    replaced: false,
    hands: HANDS.map((move) => ({ move, label: texts().moves[move] })),
    emotesOpen: false,
    /** There is no match to show. */
    empty: false,
    /** The content of a share: the page of a share in the timeline has nothing else to show. */
    sharedTitle: '',
    mineSays: '',
    theirsSays: '',
  },
  release: [] as (() => void)[],
  stopFresh: (): void => undefined,
  overdueSince: 0,
  reveal: null as Reveal | null,
  after: null as AfterMatch | null,
  clock: null as RoundClock | null,
  feeling: null as MatchFeeling | null,
  card: null as ResultCard | null,
  finger: null as EagerFinger | null,
  said: null as EmotesSaid | null,

  onLoad(query: { shared?: string }) {
    void wx.setNavigationBarTitle({ title: texts().title })
    if (query.shared) this.setData({ sharedTitle: decoded(query.shared) })
    const client = game()
    const refresh = () => this.refresh()
    this.reveal = new Reveal({ serverNow: () => client.serverNow(), onChange: refresh })
    this.after = new AfterMatch({ client, texts: texts(), onChange: refresh, showError })
    this.card = new ResultCard(texts())
    this.feeling = new MatchFeeling(feedback)
    this.finger = new EagerFinger()
    this.said = new EmotesSaid((said) => this.setData(said))
    this.clock = new RoundClock({
      client,
      texts: texts(),
      runs: () => this.data.playing && this.data.phase === 'open' && !this.data.banner,
      onChange: (view) => this.setData({ ...view }),
      onHurry: () => this.data.open && feedback.hurry(),
      onOverdue: (overdue) => {
        this.overdueSince = overdue ? Date.now() : 0
        this.refresh()
      },
    })
    this.release = [
      client.subscribe((snapshot) => {
        this.reveal?.take(snapshot.match)
        this.after?.take(snapshot)
        this.refresh()
      }),
      client.on('emote', (event) => this.hear(event)),
    ]
  },
  onShow() {
    this.stopFresh = beFresh(this)
  },
  /** The app goes to the background: a match that began now would be lost unseen. */
  onHide() {
    this.stopFresh()
    this.after?.withdraw()
  },
  onUnload() {
    for (const release of this.release) release()
    this.stopFresh()
    this.reveal?.close()
    this.clock?.close()
    this.said?.close()
    // The opponent does not have to wait for a player who is not here.
    this.after?.close()
    wx.disableAlertBeforeUnload({})
  },

  /** Shows the current state of the game, of the reveal, and of the wish for another match. */
  refresh() {
    const { reveal, after } = this
    if (!reveal || !after) return
    const { snapshot } = game()
    const banner = bannerOf(snapshot) || (this.overdueSince ? sayingSince(texts().silent, this.overdueSince, texts()) : '')
    const view = matchPageView(snapshot, texts(), reveal.stage, banner !== '')
    const before = { playing: this.data.playing, finished: this.data.finished }
    this.setData(
      changesOf(this.data, {
        ...view,
        ...(view.finished ? after.view(snapshot) : NO_AFTER),
        empty: !view.shown,
        banner,
        replaced: isReplaced(snapshot),
        // Nobody would receive an emote.
        ...(banner && { emotesOpen: false }),
      }),
    )
    this.feeling?.take(view)
    this.clock?.refresh()
    if (view.playing !== before.playing) this.warnOfBack(view.playing && !view.watching)
    if (view.finished && !before.finished && snapshot.match) {
      this.finger?.finished()
      guide().seen(snapshot.match.id)
      after.load()
      this.card?.draw(view)
    }
  },
  warnOfBack(warns: boolean) {
    if (warns) wx.enableAlertBeforeUnload({ message: texts().backWarning })
    else wx.disableAlertBeforeUnload({})
  },
  choose(event: WechatMiniprogram.TouchEvent) {
    this.finger?.tapped()
    // The page may be a moment behind: what counts is whether the round is open now.
    const { snapshot } = game()
    if (!this.data.open || this.reveal?.stage.phase !== 'open' || snapshot.move !== null) return
    feedback.tapped()
    game()
      .move((event.currentTarget.dataset as { move: Move }).move)
      .catch(showError)
  },
  toggleEmotes() {
    this.setData({ emotesOpen: !this.data.emotesOpen })
  },
  closeEmotes() {
    if (this.data.emotesOpen) this.setData({ emotesOpen: false })
  },
  hear({ matchId, seat, emote }: EmoteEvent) {
    const { match, seat: own } = game()
    if (match?.id !== matchId) return
    this.said?.say(seat === (own ?? 0) ? 'mine' : 'theirs', emote)
  },
  rematch() {
    if (this.finger?.isMeant()) this.after?.ask()
  },
  withdraw() {
    this.after?.withdraw()
  },
  newOpponent() {
    if (!this.finger?.isMeant()) return
    const mode = game().match?.mode === 'ranked' ? 'ranked' : 'casual'
    game().find({ mode, bestOf: 3 }).catch(showError)
    goHome()
  },
  home() {
    if (!this.data.finished || this.finger?.isMeant()) this.turnAway()
  },
  leave() {
    if (!this.data.playing || this.data.watching) {
      this.turnAway()
      return
    }
    const { leaveTitle: title, leaveBody: content, leave: confirmText, cancel: cancelText } = texts()
    wx.showModal({
      title,
      content,
      confirmText,
      cancelText,
      success: ({ confirm }) => {
        if (confirm) this.turnAway()
      },
    })
  },
  /** Forfeits a running match. One that is over stays known: the opponent may still ask for another. */
  turnAway() {
    const { match, seat } = game()
    if (!match || (match.status === 'finished' && seat !== null)) {
      goHome()
      return
    }
    wx.disableAlertBeforeUnload({})
    guide().seen(match.id)
    game().leave().then(goHome).catch(showError)
  },
  takeBack() {
    game().connect().catch(showError)
  },
  onShareAppMessage() {
    return { title: this.card?.title || texts().shareApp, path: '/pages/home/home', imageUrl: this.card?.picture || SHARE_PICTURE }
  },
  onShareTimeline() {
    const title = this.card?.title || texts().shareApp
    return { title, query: `shared=${encodeURIComponent(title)}`, imageUrl: this.card?.picture || SHARE_PICTURE }
  },
})
