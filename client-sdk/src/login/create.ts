import { hostOf, type HostOptions } from '../host/options.ts'
import type { Profile } from '../protocol.ts'
import { isDuration } from '../util/settings.ts'
import { parseAddress } from '../util/url.ts'
import { Login } from './login.ts'

/** The options of a login; see also `HostOptions`. */
export interface CreateLoginOptions extends HostOptions {
  /** The server: `https://api.example.com`. */
  url: string
  /** Where the server takes `{ code, profile }` by `POST` and returns `{ sessionId }`. Default `/api/login`. */
  loginPath?: string | undefined
  /** Where the server confirms a session (`GET`) and ends one (`DELETE`), by the header `sessionid`. Default `/api/session`. */
  sessionPath?: string | undefined
  /**
   * The key of the session id in the host's storage. Default `caiquan.session`; if another server's session is stored there, this server's
   * name is added to the key.
   */
  storageKey?: string | undefined
  /** Sent with every login. */
  profile?: Profile | undefined
  /** Milliseconds for each call. Default 8000. */
  requestTimeoutMs?: number | undefined
  /** What the server's replies must have besides the session id; `bad_reply` without it. */
  accepts?: ((reply: object) => boolean) | undefined
  /** Called with each reply that established a session or confirmed one. */
  onReply?: ((reply: object) => void) | undefined
}

/**
 * The login alone, for any server with such an API: one `wx.login` however many callers ask, the session kept in the host's storage and
 * replaced when it has ended. `session()` returns the id for `auth`; call `invalidate(id)` in `refused`.
 */
export function createLogin(options: CreateLoginOptions): Login {
  const { accepts, loginPath, onReply, profile, requestTimeoutMs, sessionPath, storageKey, url } = options
  return new Login({
    host: hostOf(options),
    login: options.login,
    baseUrl: parseAddress(url).origin,
    storageKey: storageKey || 'caiquan.session',
    shareKey: !storageKey,
    profile,
    timeoutMs: isDuration(requestTimeoutMs) ? requestTimeoutMs : 8000,
    paths: { login: loginPath || '/api/login', session: sessionPath || '/api/session' },
    accepts,
    onReply,
  })
}
