import type { IncomingMessage, Server as HttpServer, ServerResponse } from 'node:http'
import type { Socket as TcpSocket } from 'node:net'
import { Bucket, createLimiter, type Allowance, type Limiter, type Rate } from '../limits.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import { isSwollen, namespaceOf, sizeOf, type Packet } from './packets.ts'
import type { GameServer, GameSocket } from './types.ts'

/**
 * Limits what one connection can cost this node, whatever it sends and however slowly it reads. All packets of Engine.IO, control frames of
 * WebSocket and requests of long polling are counted, and all bytes from the TCP connection on.
 */

/** Before a session is known: a handshake is two packets of some hundred bytes. */
const PACKETS_BEFORE: Rate = { perSecond: 2, burst: 20 }
const BYTES_BEFORE: Rate = { perSecond: 1024, burst: 32_768 }
/** Afterwards: one allowance for a player, whatever their connections. No honest client comes near: a command is some hundred bytes. */
const PACKETS: Rate = { perSecond: 100, burst: 1000 }
const BYTES: Rate = { perSecond: 65_536, burst: 4_000_000 }
/** Bytes of one request of long polling: its packets are unpacked all at once. */
const POST_BYTES = 262_144
/** Bytes that wait for a client that does not read. The views of an hour fit in; what is lost is sent again after a reconnection. */
const UNREAD_BYTES = 1_000_000
/** How long a connection that was cut may take to read the reason, ms. */
const LINGER_MS = 1000
/** How long a connection that was closed in order may take to close its side, ms; ws waits 30 s, and reads on. */
const GOODBYE_MS = 5000
const PLAYERS = 100_000
/** How many times the limit of handshakes an address may exceed before it gets no reason any more. */
const HARD_FACTOR = 2

export interface ConnectionLimitsOptions {
  io: GameServer
  http: HttpServer
  /** The client's address, past the trusted proxies. */
  addressOf(request: IncomingMessage): string
  limiter: Limiter
  handshakesPerMinute: number
  /** Connections without a session that one address may hold at once. */
  unauthenticatedPerAddress: number
  /** How long a connection may stay without a session, ms. */
  unauthenticatedMs: number
  maxConnections: number
  metrics: Pick<Metrics, 'connectionsCut'>
  log: Log
}

/** Why a connection was cut: a label of the metric. */
type Reason = 'packets' | 'bytes' | 'values' | 'unread' | 'namespace' | 'unauthenticated'

/** The part of an Engine.IO connection that is used here. */
interface Connection {
  readonly id: string
  readonly readyState: string
  readonly request: IncomingMessage
  readonly transport: Transport
  close(): void
  on(event: 'packet', listener: (packet: Packet) => void): void
  on(event: 'packetCreate', listener: (packet: Packet) => void): void
  on(event: 'close', listener: () => void): void
  on(event: 'upgrade', listener: (transport: Transport) => void): void
}
interface Transport {
  readonly name: string
  /** WebSocket only. */
  readonly socket?: {
    on(event: 'ping' | 'pong', listener: () => void): void
    removeAllListeners(event: 'message'): void
    readonly _socket?: TcpSocket
  }
  emit(event: 'error', error: Error): void
}

interface Account {
  connection: Connection
  address: string
  /**
   * For a connection that is not counted with a player. Made when needed and then kept: a client that leaves and enters the game repeatedly
   * gets no new one.
   */
  packets: Bucket | null
  pollingBytes: Bucket | null
  /** What all connections of its player may send; null while there is no player. */
  player: { packets: Allowance; bytes: Allowance } | null
  socket: GameSocket | null
  deadline: NodeJS.Timeout | null
  /** Bytes that were produced and that no transport has taken. */
  waiting: number
  cut: boolean
}

/** A TCP connection that became a WebSocket: its bytes count from the first one, before it is known whose they are. */
interface Meter {
  /** The allowance of connections that are not counted with a player. */
  bytes: Bucket | null
  account: Account | null
}

/** Limits all connections of a server. It needs no close: it holds only what belongs to a connection. */
export function limitConnections(options: ConnectionLimitsOptions): void {
  const { io, http, addressOf, limiter, metrics, log } = options
  const accounts = new Map<string, Account>()
  const meters = new WeakMap<TcpSocket, Meter>()
  /** Connections without a session, by address. */
  const unauthenticated = new Map<string, number>()
  const players = createLimiter(PLAYERS)
  const hardRate: Rate = { perSecond: (HARD_FACTOR * options.handshakesPerMinute) / 60, burst: HARD_FACTOR * options.handshakesPerMinute }

  function count(address: string, change: 1 | -1): void {
    const now = (unauthenticated.get(address) ?? 0) + change
    if (now > 0) unauthenticated.set(address, now)
    else unauthenticated.delete(address)
  }

  function cut(account: Account, reason: Reason): void {
    if (account.cut) return
    account.cut = true
    metrics.connectionsCut.inc({ reason })
    log.warn({ connection: account.connection.id, address: account.address, reason }, 'a connection exceeded its limits and was closed')
    const { connection, socket } = account
    const { transport } = connection
    const raw = transport.socket?._socket
    if (!raw) return transport.emit('error', new Error(reason))
    // The client is given the reason, so that it does not come back at once; then nothing is read from it any more.
    if (socket?.connected) socket.disconnect(true)
    else connection.close()
    transport.socket?.removeAllListeners('message')
    raw.removeAllListeners('data').pause()
    if (reason === 'unread') return void raw.destroy()
    // What was collected in this event-loop tick is written first.
    setImmediate(() => raw.destroySoon())
    setTimeout(() => raw.destroy(), LINGER_MS).unref()
  }

  function takePackets(account: Account): boolean {
    return account.player === null ? (account.packets ??= new Bucket(PACKETS_BEFORE)).take(1) : account.player.packets.take() === 0
  }
  function takePolled(account: Account, bytes: number): boolean {
    return account.player === null
      ? (account.pollingBytes ??= new Bucket(BYTES_BEFORE)).take(bytes)
      : account.player.bytes.take(bytes) === 0
  }
  function takeReceived(meter: Meter, bytes: number): boolean {
    const player = meter.account?.player
    if (player) return player.bytes.take(bytes) === 0
    return (meter.bytes ??= new Bucket(BYTES_BEFORE)).take(bytes)
  }

  /** Frames that are no packets: ws answers pings by itself. */
  function watchFrames(account: Account, transport: Transport): void {
    const raw = transport.socket?._socket
    const meter = raw && meters.get(raw)
    if (meter) meter.account = account
    const onFrame = (): void => {
      if (!account.cut && !takePackets(account)) cut(account, 'packets')
    }
    transport.socket?.on('ping', onFrame)
    transport.socket?.on('pong', onFrame)
  }

  http.on('upgrade', (_request: IncomingMessage, raw: TcpSocket) => {
    const meter: Meter = { bytes: null, account: null }
    meters.set(raw, meter)
    // Not before ws listens: a listener sets the stream flowing, and the first bytes would be lost.
    setImmediate(() => {
      raw.on('data', (chunk: Buffer) => {
        const { account } = meter
        if (takeReceived(meter, chunk.length)) return
        if (account && !account.cut) cut(account, 'bytes')
        else raw.destroy()
      })
    })
  })

  io.engine.use((request: IncomingMessage & { _query: Record<string, string> }, response: ServerResponse, next: () => void) => {
    const refuse = (status: number, text: string): void => {
      const body = `HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nRetry-After: 2\r\nContent-Length: 0\r\n\r\n`
      if (request.headers.upgrade === undefined) response.writeHead(status, { connection: 'close', 'retry-after': '2' }).end()
      else request.socket.end(body)
    }
    const account = accounts.get(request._query['sid'] ?? '')
    if (!account) {
      const address = addressOf(request)
      if (limiter.take(`hard handshake ${address}`, hardRate) > 0) return refuse(429, 'Too Many Requests')
      if (
        (unauthenticated.get(address) ?? 0) >= options.unauthenticatedPerAddress ||
        io.engine.clientsCount >= options.maxConnections * HARD_FACTOR
      )
        return refuse(503, 'Service Unavailable')
      return next()
    }
    if (account.connection.transport.name !== 'polling') return next()
    if (!takePackets(account)) {
      cut(account, 'packets')
      return refuse(429, 'Too Many Requests')
    }
    if (request.method === 'POST') {
      // A body without a declared length cannot be refused before it is read.
      const length = Number(request.headers['content-length'] ?? NaN)
      if (!(length <= (account.player === null ? BYTES_BEFORE.burst : POST_BYTES))) return refuse(413, 'Content Too Large')
    }
    next()
  })

  // Here, since each kind of event that a connection listens to takes memory of its own.
  io.engine.on('flush', ({ id }: Connection) => {
    const account = accounts.get(id)
    if (account) account.waiting = 0
  })

  io.engine.on('connection', (connection: Connection) => {
    const account: Account = {
      connection,
      address: addressOf(connection.request),
      packets: null,
      pollingBytes: null,
      player: null,
      socket: null,
      deadline: null,
      waiting: 0,
      cut: false,
    }
    accounts.set(connection.id, account)
    count(account.address, 1)
    startDeadline(account)
    watchFrames(account, connection.transport)

    connection.on('packet', (packet) => {
      if (account.cut) return
      if (!takePackets(account)) return cut(account, 'packets')
      // Those of a WebSocket were counted when they arrived.
      if (connection.transport.name === 'polling' && !takePolled(account, sizeOf(packet))) return cut(account, 'bytes')
      if (isSwollen(packet)) return cut(account, 'values')
      const namespace = typeof packet.data === 'string' ? namespaceOf(packet.data) : null
      if (namespace !== null && namespace !== '/') cut(account, 'namespace')
    })
    connection.on('packetCreate', (packet) => {
      account.waiting += sizeOf(packet)
      const raw = connection.transport.socket?._socket
      if (account.waiting + (raw?.writableLength ?? 0) > UNREAD_BYTES) cut(account, 'unread')
    })
    if (connection.transport.name === 'polling') connection.on('upgrade', (transport) => watchFrames(account, transport))
    connection.on('close', () => {
      account.cut = true
      accounts.delete(connection.id)
      const raw = connection.transport.socket?._socket
      if (raw) setTimeout(() => raw.destroy(), GOODBYE_MS).unref()
      if (account.deadline) {
        clearTimeout(account.deadline)
        count(account.address, -1)
      }
    })
  })

  function startDeadline(account: Account): void {
    account.deadline = setTimeout(() => cut(account, 'unauthenticated'), options.unauthenticatedMs)
    account.deadline.unref()
  }

  io.on('connection', (socket) => {
    const account = accounts.get((socket.conn as unknown as Connection).id)
    if (!account) return
    const { id } = socket.data.player
    account.player = { packets: players.allowance(`${id} packets`, PACKETS), bytes: players.allowance(`${id} bytes`, BYTES) }
    account.socket = socket
    if (account.deadline) {
      clearTimeout(account.deadline)
      account.deadline = null
      count(account.address, -1)
    }
    // It has left the game and holds its connection: counted like a connection that never entered.
    socket.on('disconnect', () => {
      if (account.cut || account.connection.readyState !== 'open') return
      account.player = null
      account.socket = null
      count(account.address, 1)
      startDeadline(account)
    })
  })
}
