import type { OwnPlayer, Profile, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Avatars } from '../players/avatars.ts'
import { CatalogueError } from '../errors.ts'
import type { Players } from '../players/players.ts'
import type { Log } from '../log.ts'
import type { ContentChecks, Kind, Picture } from './content-checks.ts'
import type { Reviews } from './review.ts'

/** What players may change of their profile, and how they see it themselves. */
export interface Profiles {
  /** The player of an openid, created at the first login, with the profile that the login brings. As `Players.login`. */
  login(openid: string, profile: Profile, language: Parameters<Players['login']>[2]): Promise<OwnPlayer>
  /** @param picture the picture behind `avatarUrl`, if it is stored here */
  change(player: PublicPlayer, profile: Profile, picture: Picture | null): Promise<OwnPlayer>
  own(player: PublicPlayer): Promise<OwnPlayer>
}

/** Everything is shown at once: for services whose players are not WeChat's. */
export function uncheckedProfiles(players: Players, avatars: Avatars): Profiles {
  return {
    login: players.login,
    own: (player) => Promise.resolve(player),
    async change({ id }, profile, picture) {
      if (picture) await avatars.save(id, picture)
      return players.update(id, profile)
    },
  }
}

export interface CheckedProfilesOptions {
  players: Players
  checks: ContentChecks
  reviews: Reviews
  /** There is something to check. */
  submitted(): void
  log: Log
}

/** Other players see a nickname or a picture once WeChat has accepted it. */
export function checkedProfiles({ players, checks, reviews, submitted, log }: CheckedProfilesOptions): Profiles {
  async function submit(id: string, kind: Kind, value: string, current: string, picture: Picture | null): Promise<void> {
    if (value === current) return checks.withdraw(id, kind)
    const row = (await checks.of(id)).find((each) => each.kind === kind)
    // The same value again: it is being checked, or was rejected, and is not checked twice.
    if (row && row.value === value && row.state !== 'accepted') return
    await checks.submit(id, kind, value, picture ?? undefined)
  }

  async function change({ id }: PublicPlayer, { nickname, avatarUrl }: Profile, picture: Picture | null): Promise<OwnPlayer> {
    const [current] = await players.read([id])
    // MySQL was restored from a backup older than the player: a login brings them back.
    if (!current) throw new CatalogueError('session_expired')
    if (nickname !== undefined) await submit(id, 'nickname', nickname, current.nickname, null)
    if (avatarUrl !== undefined && avatarUrl !== '') await submit(id, 'avatar', avatarUrl, current.avatarUrl, picture)
    // No picture needs no check.
    if (avatarUrl === '') {
      await checks.withdraw(id, 'avatar')
      await players.update(id, { avatarUrl })
    }
    await reviews.publish(id)
    // Before the check starts: a result that is faster than this reply must not be published before it.
    const own = await reviews.own({ ...current, ...(avatarUrl === '' && { avatarUrl }) })
    submitted()
    return own
  }

  return {
    own: reviews.own,
    async login(openid, profile, language) {
      const player = await players.login(openid, {}, language)
      try {
        // Also without a new value: Redis may have lost what the player sees of themselves.
        return await change(player, profile, null)
      } catch (error) {
        log.warn({ err: error }, 'the profile that a login brought could not be stored')
        return player
      }
    },
    change,
  }
}
