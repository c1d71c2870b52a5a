/**
 * WeChat's privacy rules: before it gives a nickname, a picture or the clipboard, the player must have read and accepted the privacy
 * agreement of the mini program. WeChat reports when that is needed, and waits for the reply.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/user-privacy/PrivacyAuthorize.html
 */

type Resolve = (answer: { event: 'exposureAuthorization' | 'agree' | 'disagree'; buttonId?: string }) => void
type Listener = (resolve: Resolve, info?: { referrer: string }) => void

/** Missing in base libraries before 2.32.3, which require nothing. */
export interface PrivacyApi {
  onNeedPrivacyAuthorization?(listener: Listener): void
  getPrivacySetting?(option: { success(result: { needAuthorization: boolean; privacyContractName: string }): void; fail?(): void }): void
  requirePrivacyAuthorize?(option: { success?(): void; fail?(error: unknown): void }): void
  openPrivacyContract?(option: { fail?(error: unknown): void }): void
}

/** What a page shows while WeChat waits for the player. */
export interface PrivacySheet {
  open(contract: string): void
  close(): void
}

export class Privacy {
  private readonly api: PrivacyApi
  /** Waiting calls of WeChat: there may be several, and all get the same reply. */
  private waiting: Resolve[] = []
  /** The page on top is the last. */
  private readonly sheets: PrivacySheet[] = []

  constructor(api: PrivacyApi) {
    this.api = api
  }

  /** Listens from the start of the app on: WeChat accepts one listener. */
  start(): void {
    this.api.onNeedPrivacyAuthorization?.((resolve) => {
      const sheet = this.sheets[this.sheets.length - 1]
      // Without a sheet nobody can be asked: WeChat's call fails, and its caller reports that.
      if (!sheet) return resolve({ event: 'disagree' })
      this.waiting.push(resolve)
      this.name((contract) => sheet.open(contract))
      resolve({ event: 'exposureAuthorization' })
    })
  }

  /** The page of this sheet is on top from now on. Returns a function that removes it. */
  use(sheet: PrivacySheet): () => void {
    this.sheets.push(sheet)
    return () => {
      const at = this.sheets.indexOf(sheet)
      if (at >= 0) this.sheets.splice(at, 1)
      // A request that nobody can answer any more is not an agreement.
      this.decline()
    }
  }

  /** @param buttonId id of the button with `open-type="agreePrivacyAuthorization"`: WeChat checks that it was pressed */
  agree(buttonId: string): void {
    this.answer({ event: 'agree', buttonId })
  }
  decline(): void {
    this.answer({ event: 'disagree' })
  }

  /**
   * Asks before a component is used that cannot ask by itself, such as the field for a nickname.
   * @param declined called with WeChat's error
   */
  require(declined: (error: unknown) => void): void {
    this.api.requirePrivacyAuthorize?.({ fail: declined })
  }

  /** Opens the agreement from the settings of the mini program. */
  openContract(failed: (error: unknown) => void): void {
    if (this.api.openPrivacyContract) this.api.openPrivacyContract({ fail: failed })
    else failed(null)
  }

  /** The name of the agreement; empty if WeChat does not give it. */
  name(found: (contract: string) => void): void {
    if (!this.api.getPrivacySetting) return found('')
    this.api.getPrivacySetting({ success: ({ privacyContractName }) => found(privacyContractName), fail: () => found('') })
  }

  private answer(answer: Parameters<Resolve>[0]): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve(answer)
    for (const sheet of this.sheets) sheet.close()
  }
}

const DECLINED = 104
const UNDECLARED = 112

/** Why WeChat gave nothing: the player declined, or the agreement does not name it. Null for any other reason. */
export function privacyFailure(error: unknown): 'declined' | 'undeclared' | null {
  const { errno, errMsg = '' } = (error ?? {}) as { errno?: unknown; errMsg?: string }
  // Some calls and versions have no number.
  if (errno === DECLINED || errMsg.includes('privacy permission is not authorized')) return 'declined'
  if (errno === UNDECLARED || errMsg.includes('api scope is not declared')) return 'undeclared'
  return null
}
