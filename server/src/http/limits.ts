import type { RequestHandler } from 'express'
import { CatalogueError } from '../errors.ts'
import { SESSION_ID } from '../ids.ts'
import type { Limiter, Rate } from '../limits.ts'
import { sessionIdOf } from './authenticate.ts'

/** How often one player may call a route, or an address where no player is known; far more than a person does. */
export const RATES = {
  session: { perSecond: 5, burst: 50 },
  profile: { perSecond: 1 / 2, burst: 10 },
  avatar: { perSecond: 1 / 10, burst: 5 },
  leaderboard: { perSecond: 5, burst: 50 },
  history: { perSecond: 20, burst: 100 },
} satisfies Record<string, Rate>

/** @throws CatalogueError rate_limited if the caller has used up what the route allows */
export function limitCaller(limiter: Limiter, route: keyof typeof RATES, caller: string): void {
  const retryAfterMs = limiter.take(`${route} ${caller}`, RATES[route])
  if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs })
}

/** Requests that an address may make at once, as a share of those in a minute. */
const BURST = 1 / 4

/** For one session over all routes: the sum of what they allow. */
const SESSION_CALLS: Rate = { perSecond: 30, burst: 200 }

/**
 * Counts every request of an address before its body is read, including requests without a session and for unknown paths. A session that
 * calls too often uses up nothing of its address, which thousands of players may share.
 */
export function limitAddresses(limiter: Limiter, perMinute: number): RequestHandler {
  const rate = { perSecond: perMinute / 60, burst: Math.max(1, Math.floor(perMinute * BURST)) }
  return (request, _response, next) => {
    const sessionId = sessionIdOf(request)
    const tooOften = SESSION_ID.test(sessionId) ? limiter.take(`calls ${sessionId}`, SESSION_CALLS) : 0
    const retryAfterMs = tooOften || limiter.take(`api ${request.ip}`, rate)
    if (retryAfterMs > 0) throw new CatalogueError('rate_limited', { retryAfterMs })
    next()
  }
}
