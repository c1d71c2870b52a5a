import type { Connection, RequestOptions } from '../connection/types.ts'
import type { Link } from '../connection/link.ts'
import type { ConnectionState } from '../connection/state.ts'
import { GameError } from '../game-error.ts'
import { has, isPlayer } from '../login/shapes.ts'
import type { CommandName, Commands, FindRequest, OwnPlayer, SeatIndex, SyncReply, WatchersEvent } from '../protocol.ts'
import { Listeners } from '../util/listeners.ts'
import { Timer } from '../util/timers.ts'
import { Moves } from './moves.ts'
import type { GameTiming } from './options.ts'
import type { AnyView, GameProtocol, MoveOf, ViewOf } from './protocol-types.ts'
import { resyncAt } from './resync.ts'
import { Search } from './search.ts'
import { Store } from './store.ts'
import { isView } from './view.ts'

/** All that a page shows, at one moment. */
export interface GameSnapshot<P extends GameProtocol = GameProtocol> {
  readonly connection: ConnectionState
  /** The player's own record; null until the first login. */
  readonly me: OwnPlayer | null
  /** The match that is played or watched; the last one until another begins. */
  readonly match: ViewOf<P> | null
  /** The player's seat in it; null for a spectator. */
  readonly seat: SeatIndex | null
  /** The search under way, since when in local epoch ms. */
  readonly search: (FindRequest & { readonly since: number }) | null
  /** The player's move of the open round, as far as this client made it. */
  readonly move: MoveOf<P> | null
  /** How many spectators watch the match, as far as the server has said. */
  readonly watchers: number
}

type Replies = Commands<unknown>
type Sync = SyncReply<unknown>

/** A snapshot of whatever game. */
type AnySnapshot = GameSnapshot<{ move: unknown }>

/** What an acknowledgement must have; anything else is not the game's server. */
const REPLIES: Partial<Record<CommandName, (data: unknown) => boolean>> = {
  'match:find': (data) => {
    const { state, match } = data as { state?: unknown; match?: unknown }
    return state === 'queued' || (state === 'matched' && isView(match))
  },
  'match:move': (data) => has(data, { version: 'number' }),
  'match:rematch': (data) => (data as { match?: unknown }).match === undefined || withMatch(data),
  'match:sync': (data) => (data as { match?: unknown }).match === null || withMatch(data),
  'match:watch': (data) => withMatch(data),
  'room:create': (data) => has(data, { code: 'string' }) && withMatch(data),
  'room:join': (data) => withMatch(data),
}
const withMatch = (data: unknown): boolean => isView((data as { match?: unknown }).match)

/** The data of an acknowledgement. Throws `bad_reply` if it is not what this command is answered with. */
function checked<C extends CommandName>(name: C, data: unknown): Replies[C]['reply'] {
  const accepts = REPLIES[name]
  if (accepts && !(has(data, {}) && accepts(data))) {
    throw new GameError('bad_reply', `unexpected data from ${name}`, { temporary: false })
  }
  return data as Replies[C]['reply']
}

/** Between two questions that a silent server did not answer, milliseconds. */
const RESYNC_PAUSE_MS = 2000

/** Keeps the game's state in step with the server over whatever the connection goes through. */
export class Game {
  readonly store = new Store()
  readonly moves: Moves
  readonly search: Search
  /** Told of every change, with the snapshot. */
  readonly onChange = new Listeners<[AnySnapshot]>()

  private readonly connection: Connection
  private readonly timing: GameTiming
  private readonly resync = new Timer()
  private askedAt = 0
  private watched: WatchersEvent = { matchId: '', count: 0 }
  /** Whether the app is in front. */
  visible = true
  private syncing: Promise<Sync> | null = null

  constructor(connection: Connection, timing: GameTiming) {
    this.connection = connection
    this.timing = timing
    this.moves = new Moves({
      send: ({ matchId, round, move }) => this.once('match:move', { matchId, round, move }),
      up: () => connection.up,
      onVersion: (matchId, version) => {
        this.store.know(matchId, version)
        this.startResync()
      },
    })
    this.search = new Search({
      send: async (request) => {
        const askedAt = Date.now()
        const reply = await this.once('match:find', request)
        if (reply.state === 'matched') this.adopt(reply.match, true, askedAt)
        return reply
      },
      up: () => connection.up,
      onChange: () => this.changed(),
      heartbeatMs: timing.heartbeatMs,
    })
    connection.onState.add((state) => this.stateChanged(state))
    connection.onUp.add(() => this.wentUp())
    connection.onEvent.add((name, args) => this.received(name, args))
  }

  get snapshot(): AnySnapshot {
    const { match, me, seat } = this.store
    const { request, since } = this.search
    return {
      connection: this.connection.state,
      me,
      match,
      seat,
      search: request && Object.assign({}, request, { since }),
      move: match && this.moves.moveOf(match.id, match.round),
      watchers: match && match.id === this.watched.matchId ? this.watched.count : 0,
    }
  }

  /** Sends a command of the contract and resolves with its data. The server takes repeats for one, so it is repeated. */
  async command<C extends CommandName>(name: C, request?: Replies[C]['request'], options?: RequestOptions): Promise<Replies[C]['reply']> {
    return checked(name, await this.connection.request(name, request, Object.assign({ repeat: true, hedge: true }, options)))
  }

  /** As `command`, sent a single time: who calls has its own reasons to repeat it or not. */
  once<C extends CommandName>(name: C, request?: Replies[C]['request']): Promise<Replies[C]['reply']> {
    return this.command(name, request, { repeat: false, ackTimeoutMs: this.timing.ackTimeoutMs })
  }

  /** As `command`, for those that answer with a match: it becomes the current one. */
  async enter<C extends 'room:create' | 'room:join' | 'match:watch' | 'match:rematch'>(
    name: C,
    request: Replies[C]['request'],
  ): Promise<Replies[C]['reply']> {
    const askedAt = Date.now()
    const reply = await this.command(name, request)
    if (reply.match) this.adopt(reply.match, true, askedAt)
    return reply
  }

  /** Takes a view over, as `Store.adopt` does. */
  adopt(view: AnyView, entered?: boolean, askedAt?: number): void {
    const news = this.store.adopt(view, entered, askedAt)
    const { match, seat } = this.store
    if (news && match) {
      this.moves.onView(match, seat, news > 1)
      if (seat !== null && match.status !== 'finished') this.search.onMatch(match)
      this.changed()
    }
    this.startResync()
  }

  /** Asks the server where the player is; one question at a time, however many ask. */
  sync(): Promise<Sync> {
    if (!this.syncing) {
      const done = (): void => {
        this.syncing = null
      }
      this.syncing = this.ask(() => this.command('match:sync'))
      this.syncing.then(done, done)
    }
    return this.syncing
  }

  /** A sign of life from this very link, which is also its news. */
  probe(link: Link): Promise<Sync> {
    return this.ask(async () => checked('match:sync', await link.request('match:sync', undefined, this.timing.probeTimeoutMs)))
  }

  setPlayer(player: OwnPlayer): void {
    this.store.me = player
    this.changed()
  }

  /** Tells the server whether the app is in front. Without an acknowledgement: that one may be frozen with the app. */
  setVisible(foreground: boolean): void {
    this.visible = foreground
    this.connection.emit('player:foreground', { foreground })
  }

  /** Forgets the match that was played or watched. */
  forget(): void {
    this.store.leave()
    this.changed()
  }

  changed(): void {
    this.onChange.emit(this.snapshot)
  }

  private async ask(question: () => Promise<Sync>): Promise<Sync> {
    const askedAt = Date.now()
    const before = this.store.match
    const reply = await question()
    const { match } = reply
    // The last match is remembered for a while after its end: that is news only to who was playing it.
    if (match && (match.status !== 'finished' || (before && before.id === match.id))) {
      this.adopt(match, match.status !== 'finished', askedAt)
    } else if (before && before.status !== 'finished' && this.store.seat !== null) {
      // It went on and ended while nobody listened here: its last view tells how.
      await this.lookUp(before.id)
    }
    // A search from before this app was started, or of another phone: nobody here waits for its match.
    if (reply.queue && !this.search.request) this.once('match:cancel').catch(() => undefined)
    return reply
  }

  /** The view of a match that is not the player's live one (any more). */
  private async lookUp(matchId: string): Promise<void> {
    const current = (): boolean => this.store.match !== null && this.store.match.id === matchId
    try {
      const { match } = await this.once('match:watch', { matchId })
      if (current()) this.adopt(match)
    } catch (error) {
      const { code } = error as GameError
      if (current() && (code === 'match_not_found' || code === 'not_found')) this.forget()
    }
  }

  private wentUp(): void {
    const { match, seat } = this.store
    // It may have gone to the background since the handshake began. (One that comes back begins another.)
    if (!this.visible) this.setVisible(false)
    // A rejection means that the link is gone or silent: the next one asks again.
    this.sync().catch(() => undefined)
    if (match && seat === null && match.status !== 'finished') void this.lookUp(match.id)
    this.moves.onUp()
    this.search.onUp()
  }

  private received(name: string, [first]: unknown[]): void {
    if (name === 'match' && isView(first)) this.adopt(first)
    else if (name === 'player' && isPlayer(first)) this.setPlayer(first)
    else if (name === 'watchers' && has(first, { matchId: 'string', count: 'number' })) {
      this.watched = first as WatchersEvent
      this.changed()
    } else if (name === 'server:draining' && has(first, { reconnectWithinMs: 'number' }))
      this.connection.moveWithin((first as { reconnectWithinMs: number }).reconnectWithinMs)
    else if (name === 'session:replaced') this.connection.takenOver()
  }

  private stateChanged(state: ConnectionState): void {
    if (state.status === 'closed') {
      const error = state.error || new GameError('closed')
      this.resync.stop()
      this.search.stop(error)
      this.moves.close(error)
    }
    this.changed()
  }

  private startResync(): void {
    const { match, knownVersion, knownSince, offset } = this.store
    const at = resyncAt(match, knownVersion, knownSince, offset, this.timing)
    if (at === null) {
      this.resync.stop()
      return
    }
    const now = Date.now()
    this.resync.start(Math.max(at, this.askedAt + RESYNC_PAUSE_MS, now) - now, () => {
      this.askedAt = Date.now()
      if (this.connection.up) this.sync().catch(() => undefined)
      this.startResync()
    })
  }
}
