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
  /** Rejects with `GameError` `network` or `timeout`; any status is an answer. */
  request(request: HttpRequest): Promise<HttpResponse>
  /** A fresh login code. Rejects with `GameError` `login_failed`. */
  login(): Promise<string>
  /** Whether the login of the host itself still holds (`wx.checkSession`). */
  loginHolds(): Promise<boolean>
  load(key: string): string | null
  save(key: string, value: string): void
  remove(key: string): void
  /** Whether the user can see the app now. */
  visible(): boolean
  onVisibility(listener: (visible: boolean) => void): () => void
  /** `none`, or what kind of network there is (`wifi`, `4g`, `unknown`, …). */
  networkType(): Promise<string>
  onNetwork(listener: (type: string) => void): () => void
}
