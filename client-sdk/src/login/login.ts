import { GameError } from '../game-error.ts'
import type { Host, HttpRequest } from '../host/host.ts'
import type { LoginReply, Profile, PublicPlayer, SessionReply } from '../protocol.ts'
import { within } from '../util/within.ts'
import { call } from './http.ts'

export interface LoginOptions {
  host: Host
  /** Where the API is, without a path. */
  baseUrl: string
  /** The key in the host's storage. */
  storageKey: string
  /** Sent with every login. */
  profile: Profile | undefined
  /** Milliseconds for each call. */
  timeoutMs: number
  /** Told whenever the player's own record has become known. */
  onPlayer(player: PublicPlayer): void
}

const hasEnded = (error: unknown): boolean =>
  error instanceof GameError && (error.code === 'session_expired' || error.code === 'unauthorized')

/**
 * The login state: one session id, in memory and in the host's storage, and however many callers
 * ask for it at once, one `wx.login`.
 */
export class Login {
  private readonly options: LoginOptions
  private current: string | null = null
  private underway: Promise<string> | null = null
  /** Which login is under way; one that was begun before a logout is not kept. */
  private epoch = 0

  constructor(options: LoginOptions) {
    this.options = options
  }

  /**
   * The session id: the one in use, the stored one if WeChat and the server still honour it, or a new one.
   * Rejects with `GameError`: `invalid_code` after a second code was refused as well, `login_failed`,
   * `blocked`, `rate_limited`, `wechat_unavailable`, `network`, `timeout`.
   */
  session(): Promise<string> {
    if (this.current) return Promise.resolve(this.current)
    if (!this.underway) {
      const { epoch } = this
      const done = (): void => {
        if (epoch === this.epoch) this.underway = null
      }
      this.underway = this.establish(epoch)
      this.underway.then(done, done)
    }
    return this.underway
  }

  /** The server does not honour this session id: the next caller gets another. */
  invalidate(sessionId: string): void {
    if (this.current === sessionId) this.current = null
    if (this.load() === sessionId) this.store(null)
  }

  /** An HTTP call as this player. A session that has ended is replaced once, a second refusal is the answer. */
  async api<T>(method: HttpRequest['method'], path: string, body?: unknown): Promise<T> {
    const sessionId = await this.session()
    try {
      return await this.call<T>(method, path, body, sessionId)
    } catch (error) {
      if (!hasEnded(error)) throw error
      this.invalidate(sessionId)
      return this.call<T>(method, path, body, await this.session())
    }
  }

  /** Ends the session here, and at the server if it can be reached. */
  async logout(): Promise<void> {
    const sessionId = this.current || this.load()
    this.epoch++
    this.underway = null
    this.current = null
    this.store(null)
    if (!sessionId) return
    try {
      await this.call('DELETE', '/api/session', undefined, sessionId)
    } catch (error) {
      // Gone already is as good; what could not be told expires by itself.
      if (!hasEnded(error) && !(error instanceof GameError && error.temporary)) throw error
    }
  }

  private async establish(epoch: number): Promise<string> {
    const stored = this.load()
    if (stored) {
      const [holds, reply] = await Promise.all([
        // No answer from WeChat says nothing against a session that the server honours.
        within(this.options.host.loginHolds(), this.options.timeoutMs, 'checkSession').catch(() => true),
        this.call<SessionReply>('GET', '/api/session', undefined, stored).catch((error: unknown) => {
          if (hasEnded(error)) return null
          throw error
        }),
      ])
      if (holds && reply) return this.keep(epoch, stored, reply.player)
    }
    const reply = await this.logIn().catch((error: unknown) => {
      // WeChat's codes live five minutes and work once: a second, fresh one tells bad luck from a wrong app id.
      if (error instanceof GameError && error.code === 'invalid_code') return this.logIn()
      throw error
    })
    if (epoch === this.epoch) this.store(reply.sessionId)
    return this.keep(epoch, reply.sessionId, reply.player)
  }

  private async logIn(): Promise<LoginReply> {
    const { host, profile, timeoutMs } = this.options
    const code = await within(host.login(), timeoutMs, 'login')
    return this.call<LoginReply>('POST', '/api/login', { code, profile })
  }

  private keep(epoch: number, sessionId: string, player: PublicPlayer): string {
    if (epoch !== this.epoch) throw new GameError('cancelled', 'logged out meanwhile')
    this.current = sessionId
    this.options.onPlayer(player)
    return sessionId
  }

  private call<T>(method: HttpRequest['method'], path: string, body?: unknown, sessionId?: string): Promise<T> {
    const { host, baseUrl, timeoutMs } = this.options
    // The host's own time-out may be longer than asked for, or sleep with the phone.
    return within(call<T>(host, baseUrl, { method, path, body, sessionId, timeoutMs }), timeoutMs + 1000, path)
  }

  private load(): string | null {
    try {
      return this.options.host.load(this.options.storageKey)
    } catch {
      return null
    }
  }

  /** A full or broken storage costs a login at the next start, nothing else. */
  private store(sessionId: string | null): void {
    const { host, storageKey } = this.options
    try {
      if (sessionId) host.save(storageKey, sessionId)
      else host.remove(storageKey)
    } catch {
      // See above.
    }
  }
}
