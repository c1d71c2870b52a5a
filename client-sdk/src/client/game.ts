import type { Connection, RequestOptions } from '../connection/connection.ts'
import type { Link } from '../connection/link.ts'
import type { ConnectionState } from '../connection/state.ts'
import { GameError } from '../game-error.ts'
import type {
  CommandName,
  Commands,
  FindRequest,
  MatchView,
  Move,
  PublicPlayer,
  SeatIndex,
  ServerToClientEvents,
  SyncReply,
} from '../protocol.ts'
import { Listeners } from '../util/listeners.ts'
import { Timer } from '../util/timers.ts'
import { Moves } from './moves.ts'
import type { GameTiming } from './options.ts'
import { resyncAt } from './resync.ts'
import { Search } from './search.ts'
import { Store } from './store.ts'

/** All that a page shows, at one moment. */
export interface GameSnapshot {
  readonly connection: ConnectionState
  /** The player's own record; null until the first login. */
  readonly me: PublicPlayer | null
  /** The match that is played or watched; the last one until another begins. */
  readonly match: MatchView | null
  /** The player's seat in it; null for a spectator. */
  readonly seat: SeatIndex | null
  /** The search under way, since when in local epoch ms. */
  readonly search: (FindRequest & { readonly since: number }) | null
  /** The player's move of the open round, as far as this client made it. */
  readonly move: Move | null
}

/** Between two questions that a silent server did not answer, milliseconds. */
const RESYNC_PAUSE_MS = 2000

/** Keeps the game's state in step with the server over whatever the connection goes through. */
export class Game {
  readonly store = new Store()
  readonly moves: Moves
  readonly search: Search
  /** Told of every change, with the snapshot. */
  readonly onChange = new Listeners<[GameSnapshot]>()

  private readonly connection: Connection
  private readonly timing: GameTiming
  private readonly resync = new Timer()
  private askedAt = 0
  private syncing: Promise<SyncReply> | null = null

  constructor(connection: Connection, timing: GameTiming) {
    this.connection = connection
    this.timing = timing
    this.moves = new Moves({
      send: ({ matchId, round, move }) => this.command('match:move', { matchId, round, move }, { repeat: false }),
      up: () => connection.up,
      onVersion: (matchId, version) => {
        this.store.know(matchId, version)
        this.watchSilence()
      },
    })
    this.search = new Search({
      send: async (request) => {
        const askedAt = Date.now()
        const reply = await this.command('match:find', request, { repeat: false })
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

  get snapshot(): GameSnapshot {
    const { match, me, seat } = this.store
    const { request, since } = this.search
    return {
      connection: this.connection.state,
      me,
      match,
      seat,
      search: request && Object.assign({}, request, { since }),
      move: match && this.moves.moveOf(match.id, match.round),
    }
  }

  /** Sends a command of the contract and resolves with its data. */
  command<C extends CommandName>(
    name: C,
    request?: Commands[C]['request'],
    options?: RequestOptions,
  ): Promise<Commands[C]['reply']> {
    return this.connection.request(name, request, options) as Promise<Commands[C]['reply']>
  }

  /** As `command`, for those that answer with a match: it becomes the current one. */
  async enter<C extends 'room:create' | 'room:join' | 'match:watch' | 'match:rematch'>(
    name: C,
    request: Commands[C]['request'],
  ): Promise<Commands[C]['reply']> {
    const askedAt = Date.now()
    const reply = await this.command(name, request)
    if (reply.match) this.adopt(reply.match, true, askedAt)
    return reply
  }

  /** Takes a view over, as `Store.adopt` does. */
  adopt(view: MatchView, entered?: boolean, askedAt?: number): void {
    const news = this.store.adopt(view, entered, askedAt)
    const { match, seat } = this.store
    if (news && match) {
      this.moves.onView(match, seat, news > 1)
      if (seat !== null && match.status !== 'finished') this.search.onMatch(match)
      this.changed()
    }
    this.watchSilence()
  }

  /** Asks the server where the player is; one question at a time, however many ask. */
  sync(): Promise<SyncReply> {
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
  probe(link: Link): Promise<SyncReply> {
    return this.ask(() => link.request('match:sync', undefined, this.timing.probeTimeoutMs) as Promise<SyncReply>)
  }

  setPlayer(player: PublicPlayer): void {
    this.store.me = player
    this.changed()
  }

  /** Forgets the match that was played or watched. */
  forget(): void {
    this.store.leave()
    this.changed()
  }

  changed(): void {
    this.onChange.emit(this.snapshot)
  }

  private async ask(question: () => Promise<SyncReply>): Promise<SyncReply> {
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
    return reply
  }

  /** The view of a match that is not the player's live one (any more). */
  private async lookUp(matchId: string): Promise<void> {
    const current = (): boolean => this.store.match !== null && this.store.match.id === matchId
    try {
      const { match } = await this.command('match:watch', { matchId }, { repeat: false })
      if (current()) this.adopt(match)
    } catch (error) {
      const { code } = error as GameError
      if (current() && (code === 'match_not_found' || code === 'not_found')) this.forget()
    }
  }

  private wentUp(): void {
    const { match, seat } = this.store
    // A rejection means that the link is gone or silent: the next one asks again.
    this.sync().catch(() => undefined)
    if (match && seat === null && match.status !== 'finished') void this.lookUp(match.id)
    this.moves.onUp()
    this.search.onUp()
  }

  private received(name: string, args: unknown[]): void {
    type Event<E extends keyof ServerToClientEvents> = Parameters<ServerToClientEvents[E]>[0]
    if (name === 'match') this.adopt(args[0] as Event<'match'>)
    else if (name === 'player') this.setPlayer(args[0] as Event<'player'>)
    else if (name === 'server:draining')
      this.connection.moveWithin((args[0] as Event<'server:draining'>).reconnectWithinMs)
    else if (name === 'session:replaced') this.connection.close('replaced')
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

  private watchSilence(): void {
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
      this.watchSilence()
    })
  }
}
