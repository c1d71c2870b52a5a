import { GameError } from '../game-error.ts'
import type { Host, HttpRequest } from '../host/host.ts'
import type { Profile } from '../protocol.ts'
import { withTimeout } from '../util/with-timeout.ts'
import { call, type Call } from './http.ts'
import { has } from './shapes.ts'

export interface LoginOptions {
  host: Host
  /** Returns a fresh login code, instead of the host. */
  login: (() => string | Promise<string>) | undefined
  /** The base address of the API, without a path. */
  baseUrl: string
  /** The key in the host's storage. */
  storageKey: string
  /** Whether another server may have its session under this key: then this server's name is added to the key. */
  shareKey?: boolean
  /** Sent with every login. */
  profile?: Profile | undefined
  /** Milliseconds for each call. */
  timeoutMs: number
  /** Where the server takes a code (`POST`), and where it confirms and ends a session (`GET`, `DELETE`). */
  paths: { login: string; session: string }
  /** What the replies must have besides the session id; `bad_reply` without it. */
  accepts?: ((reply: object) => boolean) | undefined
  /** Called with each reply that established a session or confirmed one: what it says of the player. */
  onReply?: ((reply: object) => void) | undefined
}

/** The outcome of a logout is not reported. */
const isAnything = (body: unknown): body is unknown => body !== isAnything
const codeOf = (error: unknown): string => (error instanceof GameError ? error.code : '')
const hasEnded = (error: unknown): boolean => codeOf(error) === 'session_expired' || codeOf(error) === 'unauthorized'
const ownCode = async (login: () => string | Promise<string>): Promise<string> => {
  try {
    return await login()
  } catch (error) {
    throw new GameError('login_failed', error instanceof Error ? error.message : undefined)
  }
}
/** Runs it again at once, a single time, if it fails with one of these codes. */
const twice = <T>(run: () => Promise<T>, codes: string[]): Promise<T> =>
  run().catch((error: unknown) => {
    if (codes.indexOf(codeOf(error)) !== -1) return run()
    throw error
  })

/**
 * The login state: one session id, in memory and in the host's storage, and however many callers
 * ask for it at once, one `wx.login`.
 */
export class Login {
  private readonly options: LoginOptions
  private current: string | null = null
  private underway: Promise<string> | null = null
  /** Which login is in progress; one that was started before a logout is not kept. */
  private epoch = 0

  constructor(options: LoginOptions) {
    this.options = options
  }

  /**
   * The session id: the current one, the stored one if WeChat and the server still accept it, or a new one. Rejects with `GameError`:
   * `invalid_code` after a second code was refused as well, `login_failed`, `bad_reply`, `blocked`, `rate_limited`, `wechat_unavailable`,
   * `network`, `timeout`.
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

  /** The server does not accept this session id: the next caller gets another. */
  invalidate(sessionId: string): void {
    if (this.current === sessionId) this.current = null
    if (this.load() === sessionId) this.store(null)
  }

  /**
   * An HTTP call as this player. A session that has ended is replaced once; a second refusal is returned.
   * @param accepts whether a body is a valid reply to this call; rejects with `bad_reply` otherwise
   */
  async api<T>(method: HttpRequest['method'], path: string, accepts: (body: unknown) => body is T, body?: unknown): Promise<T> {
    const sessionId = await this.session()
    try {
      return await this.call({ method, path, accepts, body, sessionId })
    } catch (error) {
      if (!hasEnded(error)) throw error
      this.invalidate(sessionId)
      return this.call({ method, path, accepts, body, sessionId: await this.session() })
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
      await this.call({ method: 'DELETE', path: this.options.paths.session, accepts: isAnything, sessionId })
    } catch (error) {
      // A session that is gone already is as good; one that could not be ended expires by itself.
      if (!hasEnded(error) && !(error instanceof GameError && error.temporary)) throw error
    }
  }

  private async establish(epoch: number): Promise<string> {
    const { host, login, paths, timeoutMs } = this.options
    const stored = this.load()
    if (stored) {
      const [holds, reply] = await Promise.all([
        // No reply from WeChat says nothing against a session that the server accepts.
        login ? true : withTimeout(host.loginHolds(), timeoutMs, 'checkSession').catch(() => true),
        // A proxy's page says nothing against the session either, and often comes only once.
        twice(() => this.call({ method: 'GET', path: paths.session, accepts: this.isReply, sessionId: stored }), ['bad_reply']).catch(
          (error: unknown) => {
            if (hasEnded(error)) return null
            throw error
          },
        ),
      ])
      if (holds && reply) return this.keep(epoch, stored, reply)
    }
    // WeChat's codes live five minutes and work once: a second, fresh one tells bad luck from a wrong app id. A page that does not come
    // from the server may have used up the code, too.
    const reply = await twice(() => this.logIn(), ['invalid_code', 'bad_reply'])
    if (epoch === this.epoch) this.store(reply.sessionId)
    return this.keep(epoch, reply.sessionId, reply)
  }

  private async logIn(): Promise<{ sessionId: string }> {
    const { host, login, paths, profile, timeoutMs } = this.options
    const code = await withTimeout(login ? ownCode(login) : host.login(), timeoutMs, 'login')
    return this.call({ method: 'POST', path: paths.login, accepts: this.isLogin, body: { code, profile } })
  }

  private readonly isReply = (body: unknown): body is object => {
    const { accepts } = this.options
    return has(body, {}) && !Array.isArray(body) && (!accepts || accepts(body as object))
  }
  private readonly isLogin = (body: unknown): body is { sessionId: string } =>
    this.isReply(body) && has(body, { sessionId: 'string' }) && (body as { sessionId: string }).sessionId !== ''

  private keep(epoch: number, sessionId: string, reply: object): string {
    if (epoch !== this.epoch) throw new GameError('cancelled', 'logged out meanwhile')
    this.current = sessionId
    const { onReply } = this.options
    if (onReply) onReply(reply)
    return sessionId
  }

  private call<T>(request: Omit<Call<T>, 'timeoutMs'>): Promise<T> {
    const { host, baseUrl, timeoutMs } = this.options
    // The host's own time-out may be longer than requested, or sleep with the phone.
    return withTimeout(call(host, baseUrl, Object.assign({ timeoutMs }, request)), timeoutMs + 1000, request.path)
  }

  /** Where the session is stored. Two servers of one app do not overwrite each other: the key belongs to the first one. */
  private key(): string {
    const { baseUrl, host, shareKey, storageKey } = this.options
    if (!shareKey) return storageKey
    const owner = host.load(`${storageKey}.server`)
    return !owner || owner === baseUrl ? storageKey : `${storageKey}@${baseUrl}`
  }

  private load(): string | null {
    try {
      const stored = this.options.host.load(this.key())
      return typeof stored === 'string' && stored ? stored : null
    } catch {
      return null
    }
  }

  /** A full or broken storage costs a login at the next start, nothing else. */
  private store(sessionId: string | null): void {
    const { baseUrl, host, shareKey, storageKey } = this.options
    try {
      const key = this.key()
      if (sessionId) {
        host.save(key, sessionId)
        if (shareKey && key === storageKey) host.save(`${storageKey}.server`, baseUrl)
      } else host.remove(key)
    } catch {
      // See above.
    }
  }
}
