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

/** The reply to it. */
export interface HttpResponse {
  status: number
  /** By lower-case name. */
  headers: Record<string, string>
  /** Parsed if the reply was JSON; otherwise its text. */
  body: unknown
}

/** What the client needs of the place that it runs in. Every `on…` returns a function that removes the listener. */
export interface Host {
  /** Whether this host can send `PATCH` (`wx.request` cannot). */
  readonly canPatch: boolean
  /** The transport for `io`, and its options. */
  readonly transport: TransportConstructor
  readonly transportOptions: object
  /** Whether a second socket may be opened beside a late one. Absent: yes. */
  mayHedge?(): boolean
  /** Rejects with `GameError` `network` or `timeout`; a reply with any status resolves. */
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
  /** Calls back when the app goes to the background, where its code may be frozen, and when it is back. */
  onVisibility(listener: (visible: boolean) => void): () => void
  /**
   * `none`, or the kind of network (`wifi`, `4g`, `unknown`, …). A hint: the client also tries if there is said to be none. Rejects, or
   * resolves with null, if the host does not know.
   */
  networkType(): Promise<string | null>
  /** Calls back when the network changed, or may have: after `unknown` the client probes its connection. */
  onNetwork(listener: (type: string) => void): () => void
}
