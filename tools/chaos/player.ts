/** A person with a phone: plays match after match on the SDK, sometimes too slowly, on a bad line, or with a phone that restarts. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SecureContext } from 'node:tls'
import type { AnyGame } from '../../games/rules.ts'
import { createGameClient } from '../../client-sdk/src/client/create.ts'
import type { GameClient } from '../../client-sdk/src/client/client.ts'
import { GameError } from '../../client-sdk/src/game-error.ts'
import type { MatchView } from '../../client-sdk/src/protocol.ts'
import { nodeHost, type NodeHost } from '../play/host.ts'
import { chooseMove } from '../play/moves.ts'
import { between, pick } from '../play/random.ts'
import type { History } from './history.ts'

export interface PlayerOptions {
  name: string
  url: string
  trust: SecureContext | undefined
  random: () => number
  game: AnyGame
  history: History
  lobby: Lobby
  figures: Figures
  /** Asked between matches: false lets the player finish the current match and start nothing more. */
  goesOn: () => boolean
}

/** Codes of rooms that wait for a player. */
export type Lobby = string[]

/** A player who was away and came back. Times are epoch ms. */
export interface Resume {
  player: string
  lostAt: number
  backAt: number
  /** The states of the SDK's connection meanwhile. */
  steps: { at: number; what: string }[]
}

/** What players measure. Times are epoch ms. */
export interface Figures {
  /** From the loss of a socket to being online again with the current view. */
  resumes: Resume[]
  /** From choosing a hand to its acknowledgement, milliseconds. */
  moves: number[]
  /** Phones that were restarted, and sockets that were broken, by the players themselves. */
  restarts: number
  tears: number
  /** Rounds that were missed on purpose. */
  lapses: number
  /** Errors that no player should get, by code. */
  faults: Map<string, number>
  /** Players who waited longer for something than any fault explains. */
  stuck: string[]
}

export const newFigures = (): Figures => ({ resumes: [], moves: [], restarts: 0, tears: 0, lapses: 0, faults: new Map(), stuck: [] })

/** Errors that a player may get if others, or faults, were faster. */
const EXPECTED = new Set<string>([
  'stale_round',
  'already_moved',
  'match_finished',
  'no_match',
  'in_match',
  'cancelled',
  'closed',
  'room_full',
  'room_closed',
  'room_not_found',
  'rate_limited',
  'unavailable',
  'overloaded',
  'draining',
  'timeout',
  'network',
  'disconnected',
  'match_running',
  'opponent_left',
  'connection_replaced',
])

const SEEK_MS = 25_000
const ROOM_MS = 10_000
const REMATCH_MS = 4000
/** No view of a running match for this long, ms: rounds last a fraction of it. */
const STUCK_MS = 90_000

let nonces = 0

export class ChaosPlayer {
  readonly name: string
  client: GameClient
  readonly #options: PlayerOptions
  #host: NodeHost
  /** According to the server, the player is in no match and no queue. */
  #idle = false
  #closed = false
  #wake: () => void = () => {}

  constructor(options: PlayerOptions) {
    this.#options = options
    this.name = options.name
    this.#host = this.#newHost()
    this.client = this.#newClient()
  }

  get idle(): boolean {
    return this.#idle
  }
  get online(): boolean {
    return this.client.state.status === 'online'
  }

  /** Plays until `close()`; faults that hit the player are part of the game. */
  async run(): Promise<void> {
    void this.client.connect().catch(() => undefined)
    while (!this.#closed) {
      try {
        if (this.#live()) await this.#play()
        else if (this.#options.goesOn()) await this.#seek()
        else await this.#settle()
      } catch (error) {
        this.#note(error)
        await this.#pause(200)
      }
    }
  }

  close(): void {
    this.#closed = true
    this.client.close()
    this.#wake()
  }

  #newHost(): NodeHost {
    const { trust } = this.#options
    return nodeHost({ login: () => `${this.name}.${process.pid}x${Date.now().toString(36)}x${++nonces}`, trust })
  }

  #newClient(): GameClient {
    const { url, history, figures } = this.#options
    const client = createGameClient({ url, host: this.#host, profile: { nickname: this.name } })
    let lostAt: number | null = null
    let online = false
    let steps: Resume['steps'] = []
    client.on('match', (view) => history.see(view, true))
    client.subscribe(({ match, connection }) => {
      if (client !== this.client && this.client) return
      if (match) history.see(match)
      const now = connection.status === 'online'
      if (online && !now && connection.status !== 'closed') {
        if (lostAt === null) steps = []
        lostAt ??= Date.now()
      }
      const after = connection.failures ? ` after ${connection.failures} failures` : ''
      const what = `${connection.status}${after}${connection.error ? ` (${connection.error.code})` : ''}`
      if (lostAt !== null && steps.at(-1)?.what !== what) steps.push({ at: Date.now(), what })
      if (!online && now && lostAt !== null) {
        const since = lostAt
        // The SDK asks the same at that moment; this waits for its reply.
        client.sync().then(
          () => {
            if (lostAt !== since) return
            figures.resumes.push({ player: this.name, lostAt: since, backAt: Date.now(), steps })
            lostAt = null
          },
          () => undefined,
        )
      }
      online = now
      this.#wake()
    })
    return client
  }

  #live(): MatchView | null {
    const { match, seat } = this.client
    return match && seat !== null && match.status === 'playing' ? match : null
  }

  /** Waits until a condition holds, from the next change on; false if the time is up. */
  async #until(holds: () => boolean, ms: number): Promise<boolean> {
    const deadline = performance.now() + ms
    while (!holds()) {
      const left = deadline - performance.now()
      if (left <= 0 || this.#closed) return false
      await this.#pause(Math.min(left, 500))
    }
    return true
  }

  /** Until the next change, or for this long. */
  async #pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, ms)
    this.#wake = resolve
    await promise
    clearTimeout(timer)
  }

  async #seek(): Promise<void> {
    this.#idle = false
    const { random, lobby } = this.#options
    await sleep(between(random, 50, 600))
    const bestOf = pick(random, this.#options.game.bestOf)
    const kind = random()
    if (kind < 0.85) {
      const mode = kind < 0.5 ? 'ranked' : kind < 0.8 ? 'casual' : 'practice'
      const found = this.client.find({ mode, bestOf })
      found.catch((error: unknown) => this.#note(error))
      if (!(await this.#found(SEEK_MS))) await this.client.cancel()
      return
    }
    const code = lobby.shift()
    if (code !== undefined) return void (await this.client.joinRoom(code))
    const room = await this.client.createRoom(bestOf)
    lobby.push(room.code)
    const joined = await this.#found(ROOM_MS)
    const index = lobby.indexOf(room.code)
    if (index >= 0) lobby.splice(index, 1)
    if (!joined) await this.client.leave()
  }

  /** Waits for a match, as long as a new one may begin. */
  async #found(ms: number): Promise<boolean> {
    await this.#until(() => this.#live() !== null || !this.#options.goesOn(), ms)
    return this.#live() !== null
  }

  async #play(): Promise<void> {
    this.#idle = false
    const { random, figures } = this.#options
    const match = this.#live()
    if (!match) return
    await sleep(between(random, 30, 1400))
    const now = this.#live()
    if (!now || now.id !== match.id) return
    const mood = random()
    if (mood < 0.006) await this.client.leave()
    else if (mood < 0.016) await this.#restart()
    else if (mood < 0.026) this.#tear()
    else if (mood < 0.06) figures.lapses += 1
    else this.#move()
    const { round } = now
    const goesOn = (): boolean => this.#live()?.id === now.id && this.#live()?.round === round
    if (!(await this.#until(() => !goesOn(), STUCK_MS)))
      figures.stuck.push(`${this.name} saw nothing of match ${now.id} for ${STUCK_MS / 1000} s in round ${round}`)
    if (this.client.match?.id === now.id && this.client.match.status === 'finished') await this.#afterwards(now.id)
  }

  #move(): void {
    const { game, random, figures, history } = this.#options
    const match = this.#live()
    const { me, seat } = this.client
    if (!match || !me || seat === null) return
    const hand = chooseMove(game, match, seat, random)
    // It is the opponent's turn.
    if (hand === null) return
    const begun = performance.now()
    this.client.move(hand as never).then(
      () => {
        figures.moves.push(performance.now() - begun)
        history.acknowledge(match.id, match.round, me.id, hand)
      },
      (error: unknown) => this.#note(error),
    )
  }

  async #afterwards(ended: string): Promise<void> {
    const { random, goesOn } = this.#options
    if (!goesOn() || random() > 0.3) return
    await this.client.rematch()
    await this.#until(() => this.client.match?.id !== ended, REMATCH_MS)
  }

  #tear(): void {
    this.#options.figures.tears += 1
    this.#host.tear()
  }

  /** The app is killed and opened again: what it knew is gone, and its session is in the storage of the phone. */
  async #restart(): Promise<void> {
    const { random, figures } = this.#options
    figures.restarts += 1
    this.client.close()
    await sleep(between(random, 0, 1500))
    if (this.#closed) return
    this.client = this.#newClient()
    // The first reply contains the match that the player was in.
    await this.client.connect().catch(() => undefined)
    await this.client.sync()
  }

  /** Starts nothing more: leaves the queue and a waiting room, and asks whether that was all. */
  async #settle(): Promise<void> {
    if (!this.#idle) {
      if (this.client.match?.status === 'waiting') await this.client.leave()
      await this.client.cancel()
      const { match, queue } = await this.client.sync()
      this.#idle = queue === null && (match === null || match.status === 'finished')
    }
    await this.#pause(300)
  }

  #note(error: unknown): void {
    const code = error instanceof GameError ? error.code : `${error instanceof Error ? error.stack : String(error)}`
    if (EXPECTED.has(code)) return
    const { faults } = this.#options.figures
    faults.set(code, (faults.get(code) ?? 0) + 1)
  }
}
