import { GameError, toGameError } from '../game-error.ts'
import type { Host } from '../host/host.ts'
import { Listeners } from '../util/listeners.ts'
import { Timer } from '../util/timers.ts'
import { backoff } from './backoff.ts'
import { openLink, type IoLike, type Link } from './link.ts'
import {
  afterNetwork,
  afterShow,
  mayConnect,
  statusOf,
  type CloseReason,
  type ConnectionState,
  type Facts,
  type Remedy,
} from './state.ts'
import type { Timing } from './timing.ts'
import { Waiters } from './waiters.ts'

export interface ConnectionOptions {
  url: string
  host: Host
  /** The path of Socket.IO at the server. Default `/socket.io`. */
  path: string | undefined
  /** Another Socket.IO client than the one built in; it brings its own transport. */
  io: IoLike | undefined
  timing: Timing
  /** The `auth` of the next handshake; may log in. Its rejection counts as a failed attempt. */
  auth(): Promise<object>
  /** The server refused this `auth`: the next one must be another. */
  refused(auth: object): void
  /** Asks the server for a sign of life; must reject by itself when there is none. */
  probe: ((link: Link) => Promise<unknown>) | undefined
}

/** How hard a request tries. */
export interface RequestOptions {
  /** Send it again after a lost connection or acknowledgement. Default true. */
  repeat?: boolean
  /** Milliseconds in all. Default: `commandTimeoutMs`. */
  timeoutMs?: number
}

/**
 * Keeps one connection to the server for as long as the app wants one: through background, loss and
 * change of network, deploys and dead nodes. There is never more than one native socket.
 *
 * The loop is our own because Socket.IO's can neither skip its back-off nor pause.
 */
export class Connection {
  /** Told of every change of `state`. */
  readonly onState = new Listeners<[ConnectionState]>()
  /** Told of every event from the server. */
  readonly onEvent = new Listeners<[name: string, args: unknown[]]>()
  /** Told each time a connection is up; what depends on a connection is set up anew here. */
  readonly onUp = new Listeners<[]>()

  private readonly options: ConnectionOptions
  private readonly facts: Facts = { started: false, reason: null, visible: true, network: true, phase: 'down' }
  private current: ConnectionState = { status: 'idle', error: null, reason: null, failures: 0 }
  private link: Link | null = null
  /** Names the attempt under way: what an earlier one still has to say is not listened to. */
  private attempt = 0
  private failures = 0
  private error: GameError | null = null
  private refusals = 0
  private upSince = 0
  private hiddenAt = 0
  /** The last kind of network that there was; empty until it is known. */
  private network = ''
  private readonly retry = new Timer()
  private readonly move = new Timer()
  private unwatch: (() => void)[] = []
  private readonly waiters = new Waiters()

  constructor(options: ConnectionOptions) {
    this.options = options
  }

  /** Where it is now; the same object until it changes. */
  get state(): ConnectionState {
    return this.current
  }

  /** Whether commands reach the server now; true in the background too while the socket lasts. */
  get up(): boolean {
    return this.link !== null && this.link.up
  }

  /**
   * Starts; tries again at once if it is waiting to; asks the server for a sign of life if it is up. Resolves when
   * online. Rejects with the first failure, while the connection goes on trying until `close()`; nothing happens
   * if nobody listens.
   */
  connect(): Promise<void> {
    if (!this.facts.started || this.facts.reason) {
      this.start()
    } else {
      if (this.up) this.apply('probe')
      else this.wake()
      // That there is no network may be old news that nobody took back.
      this.askNetwork()
    }
    const outcome = this.whenUp(true).then(() => undefined)
    outcome.catch(() => undefined)
    return outcome
  }

  /** Ends the connection and everything that belongs to it. */
  close(reason: CloseReason = 'closed', error: GameError | null = null): void {
    if (!this.facts.started || this.facts.reason) return
    this.drop()
    for (const undo of this.unwatch) undo()
    this.unwatch = []
    this.facts.reason = reason
    this.error = error || new GameError(reason === 'replaced' ? 'replaced' : 'closed')
    this.waiters.settle(this.error)
    this.publish()
  }

  /** Resolves with `data` of the server's acknowledgement. Rejects with `GameError`. Starts what was not started yet. */
  async request(event: string, payload?: unknown, options: RequestOptions = {}): Promise<unknown> {
    const { timing } = this.options
    const until = Date.now() + (options.timeoutMs || timing.commandTimeoutMs)
    for (;;) {
      const link = await this.whenUp(false, until)
      const left = Math.max(1, until - Date.now())
      try {
        return await link.request(event, payload, Math.min(timing.ackTimeoutMs, left))
      } catch (error) {
        const { code } = error as GameError
        const lost = code === 'timeout' || code === 'disconnected'
        // A server that does not answer one command in time will not answer the next.
        if (code === 'timeout' && link === this.link) this.renew()
        if (lost && this.facts.reason) throw this.error
        if (!lost || options.repeat === false || Date.now() >= until) throw error
      }
    }
  }

  /** Sends without waiting for an answer; dropped while there is no connection. */
  emit(event: string, ...args: unknown[]): void {
    if (this.link) this.link.emit(event, ...args)
  }

  /** Moves to a new connection some time within `withinMs`, at a moment without open requests if there is one. */
  moveWithin(withinMs: number): void {
    const link = this.link
    const latest = Date.now() + withinMs * 0.8
    const go = (): void => {
      if (link !== this.link) return
      if (link && link.pending && Date.now() < latest) this.move.start(50, go)
      else this.renew()
    }
    this.move.start(Math.random() * withinMs * 0.5, go)
  }

  private start(): void {
    const { host } = this.options
    Object.assign(this.facts, { started: true, reason: null, visible: host.visible(), network: true, phase: 'down' })
    this.failures = 0
    this.refusals = 0
    this.error = null
    this.hiddenAt = Date.now()
    this.unwatch = [
      host.onVisibility((visible) => (visible ? this.show() : this.hide())),
      host.onNetwork((type) => this.networkChanged(type)),
    ]
    this.askNetwork()
    this.schedule(0)
  }

  private hide(): void {
    if (!this.facts.visible) return
    this.facts.visible = false
    this.hiddenAt = Date.now()
    if (this.facts.phase === 'waiting') this.drop()
    this.publish()
  }

  private show(): void {
    const wasHidden = !this.facts.visible
    this.facts.visible = true
    // What the network did in the background may not have been told.
    this.askNetwork()
    this.failures = 0
    const away = Date.now() - this.hiddenAt
    if (wasHidden) this.apply(afterShow(this.facts.phase, away, this.options.timing.longAbsenceMs))
    else this.wake()
    this.publish()
  }

  private askNetwork(): void {
    const { unwatch } = this
    void this.options.host.networkType().then((type) => {
      if (unwatch !== this.unwatch) return
      const news = this.network && type !== 'none' ? type !== this.network : false
      if (news || (type !== 'none') !== this.facts.network) this.networkChanged(type)
      else if (type !== 'none') this.network = type
    })
  }

  private networkChanged(type: string): void {
    this.facts.network = type !== 'none'
    if (this.facts.network) {
      const remedy = afterNetwork(this.facts.phase, this.network, type)
      this.network = type
      this.failures = 0
      this.apply(remedy)
    } else if (this.facts.phase === 'waiting') {
      this.drop()
    }
    this.publish()
  }

  private apply(remedy: Remedy): void {
    if (remedy === 'renew') this.renew()
    else if (remedy === 'probe' && this.link) this.probe(this.link)
  }

  private probe(link: Link): void {
    if (!this.options.probe) return
    this.options.probe(link).catch(() => {
      if (link === this.link) this.renew()
    })
  }

  /** Tries at once if it is waiting to. */
  private wake(): void {
    this.failures = 0
    if (this.facts.phase === 'waiting' || this.facts.phase === 'down') this.renew()
  }

  /** Replaces the connection, or the attempt under way, by a new attempt. */
  private renew(): void {
    this.drop()
    this.schedule(0)
  }

  private drop(): void {
    this.attempt++
    this.retry.stop()
    this.move.stop()
    const { link } = this
    this.link = null
    this.facts.phase = 'down'
    if (link) link.close()
  }

  private schedule(delayMs: number): void {
    if (mayConnect(this.facts)) {
      this.facts.phase = 'waiting'
      this.retry.start(delayMs, () => void this.run())
    }
    this.publish()
  }

  private async run(): Promise<void> {
    const { auth, host, path, timing, url } = this.options
    const attempt = ++this.attempt
    this.facts.phase = 'login'
    this.publish()
    let credentials: object
    try {
      credentials = await auth()
    } catch (error) {
      if (attempt === this.attempt) this.failed(toGameError(error))
      return
    }
    if (attempt !== this.attempt) return
    this.facts.phase = 'handshake'
    this.publish()
    this.link = openLink(
      {
        io: this.options.io,
        url,
        // On a network so slow that one was not enough the next gets twice the time.
        connectTimeoutMs: timing.connectTimeoutMs * (this.failures ? 2 : 1),
        socketOptions: {
          auth: credentials,
          path,
          transports: [this.options.io ? 'websocket' : host.transport],
          transportOptions: { websocket: host.transportOptions },
        },
      },
      {
        up: () => this.wentUp(),
        event: (name, args) => this.onEvent.emit(name, args),
        down: (error) => this.wentDown(error, credentials),
      },
    )
  }

  private wentUp(): void {
    this.facts.phase = 'up'
    this.upSince = Date.now()
    this.refusals = 0
    this.error = null
    this.onUp.emit()
    this.publish()
    this.waiters.settle(null)
  }

  private wentDown(error: GameError, credentials: object): void {
    const wasUp = this.facts.phase === 'up'
    this.drop()
    if (wasUp) {
      if (Date.now() - this.upSince >= this.options.timing.stableMs) this.failures = 0
      this.error = error
      this.schedule(this.delay(this.failures++))
      return
    }
    if (error.code === 'unauthorized' || error.code === 'session_expired') {
      this.options.refused(credentials)
      // One new login at once; if that is refused as well, something else is wrong.
      if (this.refusals++ === 0) {
        this.schedule(0)
        return
      }
    }
    this.failed(error)
  }

  private failed(error: GameError): void {
    this.drop()
    this.error = error
    if (error.code === 'blocked') {
      this.close('refused', error)
      return
    }
    const wait = this.delay(this.failures++)
    // Spread over half as long again, or all who were told the same come back together.
    const told = (error.retryAfterMs || 0) * (1 + Math.random() / 2)
    this.refusals = 0
    this.schedule(Math.max(wait, told))
    this.waiters.settle(error, true)
  }

  private delay(failures: number): number {
    return backoff(failures, Math.random(), this.options.timing)
  }

  /** The link once it is up; `hasty` and the end of the wait as in `Waiters.wait`, `until` in local epoch ms. */
  private async whenUp(hasty: boolean, until?: number): Promise<Link> {
    for (;;) {
      if (!this.facts.started) this.start()
      const { link } = this
      if (link && link.up) return link
      if (this.facts.reason) throw this.error
      const ms = until ? Math.max(1, until - Date.now()) : 0
      await this.waiters.wait(hasty, ms, () => this.error || new GameError('timeout'))
    }
  }

  private publish(): void {
    const { error, failures } = this
    const status = statusOf(this.facts)
    const { reason } = this.facts
    const { current } = this
    if (
      status === current.status &&
      error === current.error &&
      reason === current.reason &&
      failures === current.failures
    )
      return
    this.current = { status, error, reason, failures }
    this.onState.emit(this.current)
  }
}
