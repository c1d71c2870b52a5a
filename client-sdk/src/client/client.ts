import { openConnection } from '../connection/connection.ts'
import type { Connection, RequestOptions } from '../connection/types.ts'
import type { EventArgs, ReplyOf, RequestArgs } from '../connection/commands.ts'
import type { ConnectionState } from '../connection/state.ts'
import { GameError } from '../game-error.ts'
import type { Host } from '../host/host.ts'
import { Login } from '../login/login.ts'
import { has, isMe } from '../login/shapes.ts'
import type {
  BestOf,
  Emote,
  FindRequest,
  HeadToHeadReply,
  LeaderboardReply,
  MatchesReply,
  MatchReply,
  OnlineReply,
  ProfileChange,
  OwnPlayer,
  SeatIndex,
  SyncReply,
  WatchRequest,
} from '../protocol.ts'
import { withDefaults } from '../util/settings.ts'
import { parseAddress, queryOf } from '../util/url.ts'
import { bindPage, type PageLike } from './bind-page.ts'
import { countdown, DEFAULT_STEP_MS } from './countdown.ts'
import { Game, type GameSnapshot } from './game.ts'
import { GAME_TIMING, type GameClientOptions } from './options.ts'
import type { CommandsOf, EventsOf, GameOf, GameProtocol, MoveOf, ViewOf } from './protocol-types.ts'

/**
 * The game client: login, connection, commands, and the state of the game. Created by {@link createGameClient}.
 *
 * Every promise rejects with {@link GameError}: a code of the server's catalogue, or one of the client's own. Commands wait for a
 * connection and are repeated over a lost one until `commandTimeoutMs` has passed; the server treats repeats as one command.
 */
export class GameClient<P extends GameProtocol = GameProtocol> {
  private readonly host: Host
  private readonly login: Login
  private readonly connection: Connection
  private readonly game: Game
  private readonly bound = new WeakMap<PageLike, () => void>()

  /** Use {@link createGameClient}. */
  constructor(options: GameClientOptions, host: Host) {
    const timing = withDefaults(GAME_TIMING, options.timing)
    const { hedge, io, path, profile, storageKey, url } = options
    this.host = host
    this.login = new Login({
      host,
      login: options.login,
      baseUrl: parseAddress(url).origin,
      storageKey: storageKey || 'caiquan.session',
      shareKey: !storageKey,
      profile,
      timeoutMs: timing.requestTimeoutMs,
      paths: { login: '/api/login', session: '/api/session' },
      accepts: isMe,
      onReply: (reply) => this.game.setPlayer((reply as { player: OwnPlayer }).player),
    })
    this.connection = openConnection({
      url,
      path,
      io,
      host,
      timing,
      hedge: hedge !== false,
      auth: () => this.login.session().then((sessionId) => ({ sessionId, background: !this.game.visible })),
      onVisible: (visible) => this.game.setVisible(visible),
      // Each call of a login has a time-out of its own; this one is for all of them together.
      authTimeoutMs: timing.requestTimeoutMs * 5,
      refused: (auth) => this.login.invalidate((auth as { sessionId: string }).sessionId),
      probe: (link) => this.game.probe(link),
    })
    this.game = new Game(this.connection, timing)
  }

  /** The connection's state; `subscribe` reports its changes. */
  get state(): ConnectionState {
    return this.connection.state
  }
  /** The player's own record; null until the first login. */
  get me(): OwnPlayer | null {
    return this.game.store.me
  }
  /** The match that is played or watched; the last one until another begins. */
  get match(): ViewOf<P> | null {
    return this.game.store.match as ViewOf<P> | null
  }
  /** The player's seat in `match`; null for a spectator. */
  get seat(): SeatIndex | null {
    return this.game.store.seat
  }
  /** The complete current state. */
  get snapshot(): GameSnapshot<P> {
    return this.game.snapshot as GameSnapshot<P>
  }

  /**
   * Logs in and connects. If it is called again, it tries at once if the client is waiting to retry, and checks with the server that the
   * connection is alive if it is online. Resolves when online. Rejects with the first failure, but the client goes on trying until
   * `close()`, unless WeChat has `blocked` the account. After `session:replaced` or `close()` it starts again.
   */
  connect(): Promise<void> {
    return this.connection.connect()
  }

  /** Ends the connection, its timers and its event listeners. Subscribers get the closed state, and stay for the next `connect()`. */
  close(): void {
    this.connection.close()
  }

  /** What `createConnection` uses if this client exists. */
  get sharedConnection(): Connection {
    return this.connection
  }

  /**
   * Calls the listener now and after every change, with the snapshots in order. Returns a function that ends the subscription; the listener
   * gets it as its second argument, too. A listener that throws in its first call is not added, and its error is rethrown.
   */
  subscribe(listener: (snapshot: GameSnapshot<P>, stop: () => void) => void): () => void {
    let stopped = false
    const unsubscribe = this.game.onChange.add((snapshot) => listener(snapshot as GameSnapshot<P>, stop))
    const stop = (): void => {
      stopped = true
      unsubscribe()
    }
    try {
      listener(this.snapshot, stop)
    } catch (error) {
      if (!stopped) stop()
      throw error
    }
    return stop
  }

  /** Listens to one event of the server: `emote`, for example, or one of the team's own. Returns a function that removes the listener. */
  on<E extends keyof EventsOf<P> & string>(event: E, listener: (...args: EventArgs<EventsOf<P>[E]>) => void): () => void {
    return this.connection.on(event, listener as (...args: unknown[]) => void)
  }

  /**
   * Sends a command, of the contract or of the team's own, and resolves with the data of its acknowledgement. It waits for a connection and
   * is not repeated unless `repeat` is set. Rejects with `GameError`: the server's codes are passed on unchanged.
   */
  request<C extends keyof CommandsOf<P> & string>(
    event: C,
    ...args: RequestArgs<CommandsOf<P>[C], RequestOptions>
  ): Promise<ReplyOf<CommandsOf<P>[C]>> {
    return this.connection.request(event, args[0], args[1]) as Promise<ReplyOf<CommandsOf<P>[C]>>
  }

  /** Sends an event without waiting for a reply; dropped while there is no connection. */
  emit(event: keyof CommandsOf<P> & string, ...args: unknown[]): void {
    this.connection.emit(event, ...args)
  }

  /**
   * Keeps the data of a page or a component in step with the game until it unloads or is detached: `select` makes page data from a
   * snapshot, and only keys that changed reach `setData`. A page that is bound again (in `onShow`, for example) is bound once, with the
   * latest `select`. Returns a function that ends it earlier.
   */
  bindPage(page: PageLike, select: (snapshot: GameSnapshot<P>) => Record<string, unknown> = (game) => ({ game })): () => void {
    const before = this.bound.get(page)
    if (before) before()
    const release = bindPage<GameSnapshot<P>>(page, (listener) => this.subscribe(listener), select)
    this.bound.set(page, release)
    return release
  }

  /** The current time of the server, epoch ms, by the best estimate of its clock. */
  serverNow(): number {
    return Date.now() + this.game.store.offset
  }

  /** Milliseconds until the open round closes, never below 0; null while no round is open. */
  remainingMs(): number | null {
    const { match } = this
    if (!match || match.status !== 'playing' || match.deadlineAt === null) return null
    return Math.max(0, match.deadlineAt - this.serverNow())
  }

  /**
   * Calls the listener with `remainingMs()` now, at every change, and every `everyMs` (default 200) while a round is open. Returns a
   * function that ends it.
   */
  countdown(listener: (remainingMs: number | null) => void, everyMs = DEFAULT_STEP_MS): () => void {
    return countdown(
      (changed) => this.subscribe(changed),
      () => this.remainingMs(),
      listener,
      everyMs,
    )
  }

  /**
   * Looks for an opponent, or for a bot with `practice`. Resolves with the match once there is one. Rejects with
   * `cancelled` after `cancel()` or a newer `find()`. The search survives lost connections.
   */
  async find(request: FindRequest): Promise<ViewOf<P>> {
    const { status, error } = this.state
    if (status === 'closed') throw error
    if (status === 'idle') void this.connect()
    return this.game.search.start(request) as Promise<ViewOf<P>>
  }

  /** Ends the search. A match that was made at the same moment is kept: it arrives as `match`. */
  async cancel(): Promise<void> {
    this.game.search.stop(new GameError('cancelled'))
    await this.game.command('match:cancel')
  }

  /** Opens a room for a friend, who joins with `code`. */
  createRoom(bestOf?: BestOf): Promise<{ match: ViewOf<P>; code: string }> {
    return this.game.enter('room:create', bestOf ? { bestOf } : {}) as Promise<{ match: ViewOf<P>; code: string }>
  }

  /** Takes the second seat of a room. Rejects with `room_not_found`, `room_full`, `room_closed`. */
  async joinRoom(code: string): Promise<ViewOf<P>> {
    return (await this.game.enter('room:join', { code })).match as ViewOf<P>
  }

  /** Watches a match of other players, by its id or its room's code. */
  async watch(request: WatchRequest): Promise<ViewOf<P>> {
    return (await this.game.enter('match:watch', request)).match as ViewOf<P>
  }

  /**
   * Makes a move in the open round. Resolves once the server has stored it. Until then it is held and repeated, over lost connections too.
   * Rejects with `already_moved`, with `stale_round` if the round was decided without it, or with `no_match` if no match is running.
   */
  move(move: MoveOf<P>): Promise<void> {
    const { match, seat, state } = this
    if (state.status === 'closed') return Promise.reject(state.error)
    if (!match || seat === null || match.status !== 'playing') return Promise.reject(new GameError('no_match'))
    const stored = this.game.moves.hold(match.id, match.round, move)
    this.game.changed()
    return stored
  }

  /** Leaves a waiting room, forfeits a running match, forgets one that is over or watched. A wish for a rematch is withdrawn. */
  async leave(): Promise<void> {
    const { match, seat } = this
    if (!match) return
    if (match.status === 'finished' || seat === null) {
      this.game.forget()
      if (seat === null || !match.rematch || !match.rematch[seat]) return
    }
    try {
      await this.game.command('match:leave', { matchId: match.id })
    } catch (error) {
      // A repeat finds what the first call did; so does a player who was slower than the opponent.
      const { code } = error as GameError
      if (code !== 'match_finished' && code !== 'match_not_found' && code !== 'room_closed') throw error
    }
    await this.game.sync()
  }

  /** Asks for another match against the same opponent; null until both have asked, then it arrives as `match`. */
  async rematch(): Promise<ViewOf<P> | null> {
    const { match } = this
    if (!match) throw new GameError('no_match')
    return ((await this.game.enter('match:rematch', { matchId: match.id })).match || null) as ViewOf<P> | null
  }

  /** Sends an emote to the match. Not repeated if the connection is lost meanwhile. */
  async emote(emote: Emote): Promise<void> {
    const { match } = this
    if (!match) throw new GameError('no_match')
    await this.game.once('match:emote', { matchId: match.id, emote })
  }

  /** Asks the server for the current state. The client does so by itself whenever there is reason to. */
  sync(): Promise<SyncReply<MoveOf<P>, GameOf<P>>> {
    return this.game.sync() as Promise<SyncReply<MoveOf<P>, GameOf<P>>>
  }

  /**
   * Changes nickname or avatar. `open-type="chooseAvatar"` returns a file that only this phone can open: read it with
   * `wx.getFileSystemManager().readFile({ filePath, encoding: 'base64' })` and pass the content as `avatar`.
   */
  async updateProfile(profile: ProfileChange): Promise<OwnPlayer> {
    const method = this.host.canPatch ? 'PATCH' : 'PUT'
    const { player } = await this.login.api(method, '/api/me', isMe, profile)
    this.game.setPlayer(player)
    return player
  }

  /** The best players, and the caller's own rank. */
  leaderboard(options: { period?: 'all' | 'week'; limit?: number } = {}): Promise<LeaderboardReply> {
    return this.read(`leaderboard${queryOf(options)}`, { entries: 'array' })
  }

  /** How many players there are now, in the whole cluster. */
  online(): Promise<OnlineReply> {
    return this.read('online', { players: 'number', matches: 'number' })
  }

  /** The player's recorded matches, newest first; pass `next` as `before` to read on. */
  history(options: { limit?: number; before?: string } = {}): Promise<MatchesReply> {
    return this.read(`matches${queryOf(options)}`, { matches: 'array' })
  }

  /** One recorded match with its rounds. */
  record(matchId: string): Promise<MatchReply<MoveOf<P>>> {
    return this.read(`matches/${encodeURIComponent(matchId)}`, { match: 'object', rounds: 'array' })
  }

  /** The player's record against one opponent, and their streak in ranked matches. */
  headToHead(playerId: string): Promise<HeadToHeadReply> {
    return this.read(`head-to-head/${encodeURIComponent(playerId)}`, {
      wins: 'number',
      losses: 'number',
      draws: 'number',
      streak: 'number',
    })
  }

  /** Reads a path below `/api/` of the server, as this player; rejects with `bad_reply` if these fields are missing. */
  private read<T>(path: string, fields: Parameters<typeof has>[1]): Promise<T> {
    return this.login.api('GET', `/api/${path}`, (body): body is T => has(body, fields))
  }

  /** Ends the session here and at the server, and closes. The next `connect()` logs in again. */
  async logout(): Promise<void> {
    this.close()
    await this.login.logout()
    this.game.store.me = null
    this.game.forget()
  }
}
