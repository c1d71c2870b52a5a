import { EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client'
import type {
  Ack,
  ClientToServerEvents,
  CommandName,
  Commands,
  LoginReply,
  MatchView,
  PublicPlayer,
  RoundView,
  ServerToClientEvents,
} from '../../client-sdk/src/protocol.ts'
import { http } from './http.ts'

/** The view of a player of any game. */
export type AnyMatchView = MatchView<unknown>
type ClientSocket = Socket<ServerToClientEvents<unknown>, ClientToServerEvents<unknown>>
type UntypedEmit = { timeout(ms: number): { emitWithAck(event: string, ...args: unknown[]): Promise<unknown> } }

let nonces = 0
/** A code that the stand-in for WeChat accepts once. */
export const wechatCode = (name: string): string => `${name}.${process.pid}x${Date.now().toString(36)}x${++nonces}`

export async function login(url: string, name: string): Promise<LoginReply> {
  const { status, body } = await http<LoginReply>(`${url}/api/login`, {
    method: 'POST',
    body: { code: wechatCode(name), profile: { nickname: name } },
  })
  if (status !== 200) throw new Error(`login of ${name}: ${status} ${JSON.stringify(body)}`)
  return body
}

/** A person with a plain Socket.IO client; records all that they see. */
export class TestPlayer {
  readonly name: string
  readonly player: PublicPlayer
  readonly sessionId: string
  /** Every view in the order of arrival. */
  readonly views: AnyMatchView[] = []
  /** Moves that were acknowledged: `<match>/<round>` → move. */
  readonly acknowledged = new Map<string, unknown>()
  /** Decided rounds as seen: `<match>/<round>`. */
  readonly rounds = new Map<string, RoundView<unknown>>()
  /** How long each loss of the connection lasted, ms. */
  readonly gaps: number[] = []
  /** When each of them began, performance.now(). */
  readonly losses: number[] = []
  socket: ClientSocket
  /** The newest view of the newest match. */
  current: AnyMatchView | null = null
  closed = false
  replaced = false
  /** If set, a lost connection is opened again to the address that it returns. */
  reconnectTo: (() => string) | null = null
  #lostAt = 0
  /** Why the last connection failed or ended. */
  #failure = 'none'
  readonly #changes = new EventEmitter()

  private constructor(name: string, { player, sessionId }: LoginReply, url: string, options: Partial<ManagerOptions & SocketOptions>) {
    this.name = name
    this.player = player
    this.sessionId = sessionId
    this.socket = this.#open(url, options)
  }

  static async join(name: string, url: string, options: Partial<ManagerOptions & SocketOptions> = {}, loginUrl = url): Promise<TestPlayer> {
    const person = new TestPlayer(name, await login(loginUrl, name), url, options)
    await person.connected()
    return person
  }

  /** The same player on another connection. */
  static resume({ name, player, sessionId }: TestPlayer, url: string, options: Partial<ManagerOptions & SocketOptions> = {}): TestPlayer {
    return new TestPlayer(name, { player, sessionId, expiresAt: 0 }, url, options)
  }

  #open(url: string, options: Partial<ManagerOptions & SocketOptions>): ClientSocket {
    const socket: ClientSocket = io(url, {
      transports: ['websocket'],
      rejectUnauthorized: false,
      forceNew: true,
      reconnection: false,
      auth: { sessionId: this.sessionId },
      timeout: 5000,
      ...options,
    })
    socket.on('match', (view) => this.#see(view))
    socket.on('session:replaced', () => {
      this.replaced = true
      this.#changes.emit('change')
    })
    const again = (): void => {
      if (this.closed || this.replaced || socket !== this.socket || !this.reconnectTo) return
      const { reconnectTo } = this
      setTimeout(
        () => {
          if (this.closed) return
          socket.removeAllListeners()
          this.socket = this.#open(reconnectTo(), options)
          this.#changes.emit('change')
        },
        50 + Math.random() * 100,
      )
    }
    socket.on('disconnect', (reason) => {
      this.#failure = reason
      if (!this.#lostAt) this.losses.push((this.#lostAt = performance.now()))
      again()
    })
    socket.on('connect_error', (error) => {
      this.#failure = `${error.message} ${'data' in error ? JSON.stringify(error.data) : ''}`
      again()
    })
    socket.on('connect', () => {
      if (this.#lostAt) this.gaps.push(performance.now() - this.#lostAt)
      this.#lostAt = 0
      this.#changes.emit('change')
    })
    return socket
  }

  #see(view: AnyMatchView): void {
    this.views.push(view)
    if (view.lastRound) this.rounds.set(`${view.id}/${view.lastRound.round}`, view.lastRound)
    if (this.current?.id !== view.id || view.version >= this.current.version) this.current = view
    this.#changes.emit('change')
  }

  /** Or it means that another connection of the same player has taken over, which ends all waiting. */
  async connected(): Promise<void> {
    await this.until(() => this.socket.connected || this.replaced, 'a connection')
  }

  /** Waits for a condition on the state of this player. */
  async until<T>(condition: () => T | null | undefined | false, what: string, ms = 20_000): Promise<T> {
    const deadline = performance.now() + ms
    for (;;) {
      const value = condition()
      if (value) return value
      const left = deadline - performance.now()
      if (left <= 0)
        throw new Error(
          `${this.name} waited ${ms} ms without success for ${what}; last failure: ${this.#failure}; ` +
            `last view: ${JSON.stringify(this.current)}`,
        )
      const signal = AbortSignal.timeout(Math.ceil(Math.min(left, 250)))
      await once(this.#changes, 'change', { signal }).catch(() => undefined)
    }
  }

  /** Any event with any arguments, as a faulty or hostile client sends them. */
  async raw<T = unknown>(event: string, ...args: unknown[]): Promise<Ack<T>> {
    return (await (this.socket as unknown as UntypedEmit).timeout(5000).emitWithAck(event, ...args)) as Ack<T>
  }

  async ask<E extends CommandName>(event: E, ...args: unknown[]): Promise<Ack<Commands<unknown>[E]['reply']>> {
    const reply = await this.raw<Commands<unknown>[E]['reply']>(event, ...args)
    const match =
      reply.ok && reply.data && typeof reply.data === 'object' && 'match' in reply.data ? (reply.data.match as AnyMatchView | null) : null
    if (match) this.#see(match)
    return reply
  }

  /** As `ask`, for requests that must succeed. */
  async request<E extends CommandName>(event: E, ...args: unknown[]): Promise<Commands<unknown>[E]['reply']> {
    const reply = await this.ask(event, ...args)
    if (!reply.ok) throw new Error(`${this.name} ${event}: ${JSON.stringify(reply.error)}`)
    return reply.data
  }

  /** Repeats a move until it is acknowledged or refused for good, also over lost connections. */
  async move(view: AnyMatchView, move: unknown): Promise<void> {
    for (let attempt = 0; attempt < 100 && !this.closed; attempt += 1) {
      try {
        await this.connected()
        const reply = await this.raw('match:move', { matchId: view.id, round: view.round, move })
        if (reply.ok) {
          this.acknowledged.set(`${view.id}/${view.round}`, move)
          return
        }
        if (reply.error.code === 'stale_round' || reply.error.code === 'match_finished') return
        await sleep(reply.error.retryAfterMs ?? 100)
      } catch {
        await sleep(50)
      }
    }
    throw new Error(`${this.name} could not move`)
  }

  /** Plays the match to its end. `choose` returns the move of a round, or null to skip it. */
  async play(matchId: string, choose: (view: AnyMatchView) => unknown, ms = 60_000): Promise<AnyMatchView> {
    const deadline = performance.now() + ms
    let moved = 0
    for (;;) {
      const view = await this.until(
        () =>
          this.current?.id === matchId &&
          (this.current.status === 'finished' || (this.current.status === 'playing' && this.current.round > moved)) &&
          this.current,
        `round ${moved + 1} or the end of match ${matchId}`,
        Math.max(1, deadline - performance.now()),
      )
      if (view.status === 'finished') return view
      moved = view.round
      const move = await choose(view)
      if (move !== null) await this.move(view, move)
    }
  }

  close(): void {
    this.closed = true
    this.socket.disconnect()
  }
}

/** Pairs two connected players. Returns the id of their match. */
export async function pair(one: TestPlayer, two: TestPlayer, bestOf: 1 | 3 | 5 = 3, mode: 'casual' | 'ranked' = 'casual'): Promise<string> {
  await one.request('match:find', { mode, bestOf })
  await two.request('match:find', { mode, bestOf })
  const view = await one.until(() => one.current?.status === 'playing' && one.current, 'a partner')
  await two.until(() => two.current?.id === view.id, 'the same match')
  return view.id
}
