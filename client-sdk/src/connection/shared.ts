import { GameError } from '../game-error.ts'
import { Listeners } from '../util/listeners.ts'
import { parseAddress } from '../util/url.ts'
import type { Connection } from './types.ts'
import type { ConnectionState } from './state.ts'

/** A client that others of the same app may share the connection of. */
export interface SharedConnection {
  readonly connection: Connection
}

/** Under what a server is remembered, however its URL is written. */
export function serverKey(url: string, path?: string): string {
  const { origin, path: namespace } = parseAddress(url)
  return `${origin}${namespace} ${(path || '/socket.io').replace(/\/+$/, '')}`
}

/** A second user of a connection. Its own `close()` ends its listeners and requests, and leaves the connection to the first. */
export function share(connection: Connection): Connection {
  let closed: GameError | null = null
  let rejectAll: (error: GameError) => void = () => undefined
  const ended = new Promise<never>((_, reject) => {
    rejectAll = reject
  })
  ended.catch(() => undefined)
  const onState = new Listeners<[ConnectionState]>()
  const onEvent = new Listeners<[name: string, args: unknown[]]>()
  const onUp = new Listeners<[]>()
  const stops = [
    connection.onState.add((state) => onState.emit(state)),
    connection.onEvent.add((name, args) => onEvent.emit(name, args)),
    connection.onUp.add(() => onUp.emit()),
  ]
  const handle: Connection = {
    get state(): ConnectionState {
      return closed ? { status: 'closed', error: closed, reason: 'closed', failures: 0 } : connection.state
    },
    get up() {
      return !closed && connection.up
    },
    onState,
    onEvent,
    onUp,
    connect: () => (closed ? Promise.reject(closed) : connection.connect()),
    close: () => {
      if (closed) return
      closed = new GameError('closed')
      for (const stop of stops) stop()
      rejectAll(closed)
      onState.emit(handle.state)
    },
    takenOver: () => connection.takenOver(),
    request: (...args) => (closed ? Promise.reject(closed) : Promise.race([connection.request(...args), ended])),
    emit: (event, ...args) => {
      if (!closed) connection.emit(event, ...args)
    },
    on: (event, listener) =>
      onEvent.add((name, args) => {
        if (name === event) (listener as (...args: unknown[]) => void)(...args)
      }),
    moveWithin: (ms) => connection.moveWithin(ms),
  }
  return handle
}
