import { hostOf, type HostOptions } from '../host/options.ts'
import type { Profile } from '../protocol.ts'
import { isDuration } from '../util/settings.ts'
import { parseAddress } from '../util/url.ts'
import { Login } from './login.ts'

/** What a login needs to know; see also `HostOptions`. */
export interface CreateLoginOptions extends HostOptions {
  /** The server: `https://api.example.com`. */
  url: string
  /** Where it takes `{ code, profile }` by `POST` and answers with `{ sessionId }`. Default `/api/login`. */
  loginPath?: string | undefined
  /** Where it knows a session (`GET`) and ends one (`DELETE`), by the header `sessionid`. Default `/api/session`. */
  sessionPath?: string | undefined
  /** The key of the session id in the host's storage. Default `caiquan.session`; with another server's session there, this one's gets its name added. */
  storageKey?: string | undefined
  /** Sent with every login. */
  profile?: Profile | undefined
  /** Milliseconds for each call. Default 8000. */
  requestTimeoutMs?: number | undefined
  /** What the server's answers must have besides the session id; `bad_reply` without it. */
  accepts?: ((reply: object) => boolean) | undefined
  /** Told of each answer that established a session or confirmed one. */
  onReply?: ((reply: object) => void) | undefined
}

/**
 * The login by itself, for any server with such an API: one `wx.login` however many callers ask, the session kept in the host's
 * storage and replaced when it has ended. `session()` gives the id for `auth`, `invalidate(id)` belongs into `refused`.
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
