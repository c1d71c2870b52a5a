import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { BestOf } from '../../client-sdk/src/protocol.ts'
import { nodeBinary } from '../../tools/services/node.ts'

/** The protocol of the players: Socket.IO as in this project, the same with clients that reconnect, or Colyseus with its own SDK. */
export type Wire = 'socket.io' | 'returning' | 'colyseus'

export type DriverOrder =
  | { type: 'connect'; sessions: string[]; urls: string[]; localAddresses: string[]; wire: Wire }
  /** Thinks up to `thinkMs` before a move; starts are spread over `spreadMs`. */
  | { type: 'play'; thinkMs: number; bestOf: BestOf; spreadMs: number }
  /** Changes the longest time to think, ms, and the length of the matches that begin from now on. */
  | { type: 'pace'; thinkMs: number; bestOf?: BestOf }
  /** Waits until every player is in a match. */
  | { type: 'matched' }
  /** All players lose their sockets at the same moment; waits until they are back. */
  | { type: 'storm' }
  | { type: 'take' }
  | { type: 'stop' }

/** Returns what has happened since the last call. */
export interface DriverFigures {
  /** Rounds that were decided by moves. */
  rounds: number
  matches: number
  /** Errors by code: a normal run has none. */
  faults: Record<string, number>
  /** From the second move to the view at both players, ms. */
  latencies: number[]
  /** Bytes of all messages, in both directions. */
  bytes: number
}

/** How players came back after the loss of their sockets. */
export interface Returns {
  /** From the loss until the player was online and had the current view of the match, ms; one for each player. */
  ms: number[]
  /** Connections that all of them opened for that. */
  sockets: number
  /** Processor time of the driver meanwhile, s. */
  cpuSeconds: number
  /** Players who did not come back, by code of the error; they are in `ms` with the time after which they were given up. */
  faults: Record<string, number>
}
export type DriverReply =
  | { type: 'done' }
  | { type: 'figures'; figures: DriverFigures }
  | { type: 'returns'; returns: Returns }
  | { type: 'failed'; why: string }

/** A load driver in a process of its own. */
export class Driver {
  readonly #child: ChildProcess

  constructor() {
    this.#child = fork(join(import.meta.dirname, 'driver.ts'), { execPath: nodeBinary(), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  async #ask(order: DriverOrder): Promise<DriverReply> {
    this.#child.send(order)
    const [reply] = (await once(this.#child, 'message')) as [DriverReply]
    if (reply.type === 'failed') throw new Error(`the driver failed at ${order.type}: ${reply.why}`)
    return reply
  }

  /** Connects one client per session, to the addresses in rotation. */
  async connect(sessions: string[], urls: string[], wire: Wire = 'socket.io', localAddresses: string[] = []): Promise<void> {
    await this.#ask({ type: 'connect', sessions, urls: urls.map((url) => url.replace(/^http/, 'ws')), localAddresses, wire })
  }

  async play(order: Omit<Extract<DriverOrder, { type: 'play' }>, 'type'>): Promise<void> {
    await this.#ask({ type: 'play', ...order })
  }

  async pace(thinkMs: number, bestOf?: BestOf): Promise<void> {
    await this.#ask({ type: 'pace', thinkMs, ...(bestOf === undefined ? {} : { bestOf }) })
  }

  async matched(): Promise<void> {
    await this.#ask({ type: 'matched' })
  }

  /** Only for clients that reconnect. */
  async storm(): Promise<Returns> {
    const reply = await this.#ask({ type: 'storm' })
    if (reply.type !== 'returns') throw new Error('the driver did not report how players came back')
    return reply.returns
  }

  /** The figures since the last call. */
  async take(): Promise<DriverFigures> {
    const reply = await this.#ask({ type: 'take' })
    if (reply.type !== 'figures') throw new Error('the driver gave no figures')
    return reply.figures
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const gone = once(this.#child, 'exit')
    await this.#ask({ type: 'stop' })
    this.#child.disconnect()
    await gone
  }
}
