import type { TransportConstructor } from '../transport/transport.ts'

/** One HTTP request. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  url: string
  headers: Record<string, string>
  /** Sent as JSON. */
  body?: unknown
  timeoutMs: number
}

/** The answer to it. */
export interface HttpResponse {
  status: number
  /** By lower-case name. */
  headers: Record<string, string>
  /** Parsed, if the answer was JSON; otherwise its text. */
  body: unknown
}

/** What the client needs of the place that it runs in. Every `on…` returns the function that undoes it. */
export interface Host {
  /** Whether this host can send `PATCH` (`wx.request` cannot). */
  readonly canPatch: boolean
  /** The transport for `io`, and its options. */
  readonly transport: TransportConstructor
  readonly transportOptions: object
  /** Whether a second socket may be opened beside a late one. Absent: yes. */
  mayHedge?(): boolean
  /** Rejects with `GameError` `network` or `timeout`; any status is an answer. */
  request(request: HttpRequest): Promise<HttpResponse>
  /** A fresh login code. Rejects with `GameError` `login_failed`. */
  login(): Promise<string>
  /** Whether the login of the host itself still holds (`wx.checkSession`). */
  loginHolds(): Promise<boolean>
  load(key: string): string | null
  save(key: string, value: string): void
  remove(key: string): void
  /** Whether the user can see the app now, as far as the host can be asked. */
  visible(): boolean
  /** Told when the app goes to the background, where its code may be frozen, and when it is back. */
  onVisibility(listener: (visible: boolean) => void): () => void
  /**
   * `none`, or what kind of network there is (`wifi`, `4g`, `unknown`, …). A hint: the client also tries where there is said to be
   * none. Rejects, or resolves with null, if the host does not know.
   */
  networkType(): Promise<string | null>
  /** Told when the network changed, or may have: `unknown` makes the client ask for a sign of life. */
  onNetwork(listener: (type: string) => void): () => void
}
