import { GameError } from '../game-error.ts'
import { registryOf } from '../host/registry.ts'
import type { WxApi } from '../host/wx-api.ts'
import { Listeners } from '../util/listeners.ts'
import { parseAddress } from '../util/url.ts'
import type { ConnectionState } from './state.ts'
import type { Connection } from './types.ts'

/** What is known of a server in one app: the game client's connection, and the other connections. */
export interface ServerEntry {
  /** The game client and its connection: a player has one, so other users share it. */
  client?: object
  connection?: Connection
  /** Called when a game client is created: moves a connection that existed before to the client's. */
  readonly followers: ((connection: Connection) => void)[]
}

/** The entry of a server, however its URL is written. */
export function entryOf(wx: WxApi, url: string, path?: string): ServerEntry {
  const { origin, path: namespace } = parseAddress(url)
  const known = registryOf<ServerEntry>(wx)
  const key = `${origin}${namespace} ${(path || '/socket.io').replace(/\/+$/, '')}`
  return (known[key] = known[key] || { followers: [] })
}

/**
 * A connection for one of several users. It uses that of `open()` until the app has a game client for this server, and the client's from
 * then on: two of them would replace each other. Its own `close()` then ends only its listeners and requests.
 */
export function share(entry: ServerEntry, open: () => Connection): Connection {
  const onState = new Listeners<[ConnectionState]>()
  const onEvent = new Listeners<[name: string, args: unknown[]]>()
  const onUp = new Listeners<[]>()
  let target: Connection
  let own = false
  let closed: GameError | null = null
  let stops: (() => void)[] = []
  let endAll: (error: GameError) => void = () => undefined
  const ended = new Promise<never>((_, reject) => {
    endAll = reject
  })
  ended.catch(() => undefined)

  const use = (connection: Connection): void => {
    target = connection
    for (const stop of stops) stop()
    stops = [
      connection.onState.add((state) => onState.emit(state)),
      connection.onEvent.add((name, args) => onEvent.emit(name, args)),
      connection.onUp.add(() => onUp.emit()),
    ]
  }
  const { connection } = entry
  if (connection && connection.state.status !== 'closed') use(connection)
  else {
    own = true
    use(open())
    entry.followers.push((game) => {
      const before = target
      const { status } = before.state
      own = false
      use(game)
      before.close()
      if (status !== 'idle' && status !== 'closed') void game.connect()
      onState.emit(game.state)
    })
  }

  const handle: Connection = {
    get state(): ConnectionState {
      return closed ? { status: 'closed', error: closed, reason: 'closed', failures: 0 } : target.state
    },
    get up() {
      return !closed && target.up
    },
    onState,
    onEvent,
    onUp,
    connect: () => (closed ? Promise.reject(closed) : target.connect()),
    close: () => {
      if (own) return target.close()
      if (closed) return
      closed = new GameError('closed')
      for (const stop of stops) stop()
      endAll(closed)
      onState.emit(handle.state)
    },
    takenOver: () => target.takenOver(),
    request: (...args) => (closed ? Promise.reject(closed) : Promise.race([target.request(...args), ended])),
    emit: (event, ...args) => {
      if (!closed) target.emit(event, ...args)
    },
    on: (event, listener) =>
      onEvent.add((name, args) => {
        if (name === event) (listener as (...args: unknown[]) => void)(...args)
      }),
    moveWithin: (ms) => target.moveWithin(ms),
  }
  return handle
}
