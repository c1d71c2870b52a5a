/**
 * The privacy agreement of the preview. `?privacy=ask` starts without the player's agreement, `?privacy=undeclared` as if the agreement
 * named nothing that the game uses; otherwise it is accepted already.
 */
type Mode = 'accepted' | 'ask' | 'undeclared'
interface Answer {
  event: 'exposureAuthorization' | 'agree' | 'disagree'
  buttonId?: string
}
type Listener = (resolve: (answer: Answer) => void, info: { referrer: string }) => void

const KEY = 'preview.privacy'
const wanted = new URLSearchParams(location.search).get('privacy')
const modeOf = (): Mode => (sessionStorage.getItem(KEY) ?? wanted ?? 'accepted') as Mode

let listener: Listener | null = null
/** Ids of buttons with `open-type="agreePrivacyAuthorization"` that were pressed. */
const pressed = new Set<string>()

/** A call that failed by WeChat's rules; `errno` as on a phone. */
export class PrivacyError extends Error {
  readonly errno: number
  constructor(errno: 104 | 112) {
    super(errno === 104 ? 'privacy permission is not authorized' : 'api scope is not declared in the privacy agreement')
    this.errno = errno
  }
}

export function onNeedPrivacyAuthorization(given: Listener): void {
  listener = given
}

export function agreed(buttonId: string): void {
  if (!buttonId) throw new Error('A button that agrees needs an id.')
  pressed.add(buttonId)
}

/** Called before anything that needs the agreement. @throws PrivacyError */
export async function requirePrivacy(referrer: string): Promise<void> {
  const mode = modeOf()
  if (mode === 'accepted') return
  if (mode === 'undeclared') throw new PrivacyError(112)
  if (!(await ask(referrer))) throw new PrivacyError(104)
  sessionStorage.setItem(KEY, 'accepted')
}

function ask(referrer: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  if (!listener) return Promise.resolve(false)
  listener(
    ({ event, buttonId = '' }) => {
      if (event === 'exposureAuthorization') return
      // As on a phone: only pressing that button is an agreement.
      resolve(event === 'agree' && pressed.has(buttonId))
    },
    { referrer },
  )
  return promise
}

export const privacySetting = (): { needAuthorization: boolean; privacyContractName: string } => ({
  needAuthorization: modeOf() === 'ask',
  privacyContractName: '《猜拳小程序隐私保护指引》',
})
