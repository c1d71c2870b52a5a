import type { Texts } from './texts'

type Resolve = (answer: { event: 'exposureAuthorization' | 'agree' | 'disagree'; buttonId?: string }) => void

/** The id of the button by which a player agrees: WeChat looks it up. */
export const AGREE_BUTTON = 'agree-privacy'

/**
 * WeChat lets a mini program use what concerns the player only after they have agreed to its privacy guide, and asks the mini program
 * to ask them. https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */
export class Privacy {
  /** Whether the sheet is open. */
  asking = false
  /** What the guide is called; empty until WeChat has said so. */
  contract = ''
  private readonly texts: Texts
  private readonly listeners = new Set<() => void>()
  /** Calls that wait for the player. Several may: they get the same answer. */
  private waiting: Resolve[] = []

  constructor(texts: Texts) {
    this.texts = texts
  }

  start(): void {
    // WeChat's typings take its argument for another.
    const ask = (resolve: Resolve): void => {
      this.waiting.push(resolve)
      this.show(true)
      resolve({ event: 'exposureAuthorization' })
    }
    wx.onNeedPrivacyAuthorization(ask as never)
    wx.getPrivacySetting({
      success: ({ privacyContractName }) => {
        this.contract = privacyContractName
        this.changed()
      },
    })
  }

  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    listener()
    return () => void this.listeners.delete(listener)
  }

  /** The player has pressed WeChat's own button. */
  agree(): void {
    this.answer('agree')
  }

  /** What they wanted to do fails now, and this says why: nothing is silent. */
  decline(): void {
    this.answer('disagree')
    this.say(this.texts.privacyDeclined)
  }

  read(): void {
    wx.openPrivacyContract({ fail: () => this.say(this.texts.privacyUnreadable) })
  }

  /** Asks now, for a component that cannot ask by itself: a nickname's field. */
  ask(): void {
    wx.getPrivacySetting({
      success: ({ needAuthorization }) => {
        // What is to be said after a refusal, `decline` says.
        if (needAuthorization) wx.requirePrivacyAuthorize({ fail: (failure) => this.explain(failure, false) })
      },
    })
  }

  /**
   * Says why a call failed.
   * @param failure what `fail` was called with
   * @param declined whether to speak of a refusal too, which the sheet has spoken of if the player has just refused
   * @returns false if it has nothing to do with privacy
   */
  explain(failure: { errno?: number; errMsg?: string } | undefined, declined = true): boolean {
    const { errno, errMsg = '' } = failure || {}
    if (errno === 112 || /not declared in the privacy/.test(errMsg)) this.say(this.texts.privacyUndeclared)
    else if (errno === 104 || /privacy permission is not authorized/.test(errMsg)) {
      if (declined) this.say(this.texts.privacyDeclined)
    } else return false
    return true
  }

  private answer(event: 'agree' | 'disagree'): void {
    for (const resolve of this.waiting.splice(0)) resolve(event === 'agree' ? { event, buttonId: AGREE_BUTTON } : { event })
    this.show(false)
  }

  private show(asking: boolean): void {
    this.asking = asking
    this.changed()
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener())
  }

  private say(title: string): void {
    void wx.showToast({ icon: 'none', title, duration: 3000 })
  }
}
