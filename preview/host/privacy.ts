/**
 * Consent to the privacy guide. `?privacy=ask`: the player has not agreed yet; `undeclared`: the guide does not say what the mini
 * program uses; without it they have agreed.
 */
const mode = new URLSearchParams(location.search).get('privacy') ?? 'agreed'
/** WeChat does not ask again so soon after a refusal. */
const PAUSE_MS = 10_000

/** As the documentation has it; WeChat's typings take the argument for another. */
interface Answer {
  event: 'exposureAuthorization' | 'agree' | 'disagree'
  buttonId?: string
}
type Ask = (resolve: (answer: Answer) => void, info: { referrer: string }) => void

let agreed = mode === 'agreed'
let declinedAt = -Infinity
let pressed = ''
let ask: Ask | null = null

/** A failure with WeChat's own number. */
class PrivacyError extends Error {
  readonly errno: number
  constructor(errno: number, message: string) {
    super(message)
    this.errno = errno
  }
}
const declined = (): PrivacyError => new PrivacyError(104, 'privacy permission is not authorized')

export const needsConsent = (): boolean => mode === 'ask' && !agreed

export function onNeedConsent(listener: unknown): void {
  ask = listener as Ask
}

/** The button with `open-type="agreePrivacyAuthorization"` was pressed. */
export function agreeBy(buttonId: string): void {
  pressed = buttonId
}

/** Passes once the player has agreed. @throws PrivacyError as WeChat fails */
export async function consent(referrer: string): Promise<void> {
  if (mode === 'undeclared') throw new PrivacyError(112, 'api scope is not declared in the privacy agreement')
  if (agreed) return
  if (!ask || performance.now() - declinedAt < PAUSE_MS) throw declined()
  const { promise, resolve } = Promise.withResolvers<Answer>()
  ask(
    (answer) => {
      if (answer.event !== 'exposureAuthorization') resolve(answer)
    },
    { referrer },
  )
  const { event, buttonId } = await promise
  if (event === 'agree' && buttonId !== pressed) throw new Error(`The preview: nobody has pressed the button "${String(buttonId)}".`)
  agreed = event === 'agree'
  if (agreed) return
  declinedAt = performance.now()
  throw declined()
}
