const KEY = 'preview.player'

/** The player of this tab: `?player=NAME` chooses, else a name of its own, so that two tabs are two players. */
function nameOfTab(): string {
  const wanted = new URLSearchParams(location.search).get('player')
  const known = sessionStorage.getItem(KEY)
  const name = wanted?.replaceAll(/[^\w-]/g, '').slice(0, 32) || known || `tab-${crypto.randomUUID().slice(0, 8)}`
  if (name !== known) {
    // Another player: what the one before stored is not theirs.
    sessionStorage.clear()
    sessionStorage.setItem(KEY, name)
  }
  return name
}
const name = nameOfTab()

/** A code that the stand-in for WeChat accepts once: `<name>.<nonce>`. */
export const loginCode = (): string => `${name}.${crypto.randomUUID()}`

const NAMED = 'preview.named'

/** The nickname that the link gives the player of this tab, once: a player who then chooses another one keeps it. Empty for none. */
export function givenName(): string {
  const given = new URLSearchParams(location.search).get('name') ?? ''
  if (sessionStorage.getItem(NAMED) === given) return ''
  sessionStorage.setItem(NAMED, given)
  return given
}
