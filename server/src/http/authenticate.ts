import type { Request } from 'express'
import { SESSION_HEADER, type PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Players } from '../players/players.ts'
import type { Session, Sessions } from '../players/sessions.ts'
import { CatalogueError } from '../errors.ts'

/** What is needed to identify the caller of a request. */
export interface Authentication {
  sessions: Sessions
  players: Players
}

/** '' if the request carries none. */
export const sessionIdOf = (request: Request): string => request.get(SESSION_HEADER) ?? ''

/** The caller. @throws CatalogueError session_expired */
export async function authenticate(
  request: Request,
  { sessions, players }: Authentication,
): Promise<{ session: Session; player: PublicPlayer }> {
  const session = await sessions.use(sessionIdOf(request))
  const player = session ? await players.get(session.playerId) : null
  if (!session || !player || player.deleted) throw new CatalogueError('session_expired')
  return { session, player }
}
