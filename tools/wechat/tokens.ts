/** The replies of `stable_token`, and whether a call's token is the present one. */
export interface Tokens {
  issue(forced: boolean): { access_token: string; expires_in: number }
  isValid(token: string): boolean
  /** From now on the present token is refused, and a normal call still returns it: only a forced one replaces it. */
  refuse(): void
}

const LIFE_S = 7200
/** WeChat returns the next token this long before the present one ends, and accepts both. */
const OVERLAP_S = 300

/** @param lifeS life of every token, s */
export function createTokens(lifeS = LIFE_S, now: () => number = Date.now): Tokens {
  let serial = 0
  let current = { token: '', endsAt: 0, refused: false }
  let previous = current
  return {
    issue(forced) {
      const left = (current.endsAt - now()) / 1000
      if (forced || left <= Math.min(OVERLAP_S, lifeS / 2)) {
        previous = forced ? { token: '', endsAt: 0, refused: true } : current
        current = { token: `stand-in-token-${++serial}-${crypto.randomUUID()}`, endsAt: now() + lifeS * 1000, refused: false }
      }
      return { access_token: current.token, expires_in: Math.round((current.endsAt - now()) / 1000) }
    },
    isValid: (token) => [current, previous].some((each) => each.token === token && token !== '' && !each.refused && each.endsAt > now()),
    refuse() {
      current.refused = true
    },
  }
}
