import { randomUUID } from 'node:crypto'
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Server, type Socket } from 'socket.io'
import { ERRORS, wireError, type ErrorCode } from '../../src/errors.ts'
import type {
  Ack,
  ClientToServerEvents,
  FindReply,
  MatchView,
  Move,
  PublicPlayer,
  SeatIndex,
  ServerToClientEvents,
} from '../../src/protocol.ts'

type GameSocket = Socket<ClientToServerEvents, ServerToClientEvents, Record<string, never>, { player: PublicPlayer }>

interface Match {
  view: MatchView
  moves: [Move | null, Move | null]
  /** Every move that was accepted, as `round seat move`: a move that a client repeats must not be in it twice. */
  taken: string[]
  watchers: Set<GameSocket>
}

const BEATS: Record<Move, Move> = { rock: 'scissors', paper: 'rock', scissors: 'paper' }

/** A server that speaks the protocol, small enough to be told to misbehave. Rounds have no deadline unless set. */
export class WireServer {
  readonly sessions = new Map<string, PublicPlayer>()
  readonly matches = new Map<string, Match>()
  /** Commands as they arrived: `name playerId`. */
  readonly commands: string[] = []
  readonly usedCodes: string[] = []
  logins = 0
  connections = 0
  /** If set, handshakes are refused with this. */
  refuse: { code: ErrorCode; retryAfterMs?: number } | null = null
  /** If set, handshakes are neither accepted nor refused. */
  hesitates = false
  /** How long logins take, ms. */
  loginMs = 0
  /** How long handshakes take, ms. */
  handshakeMs = 0
  /** Login codes that get an error, by code; `*` for all. */
  badCodes: Record<string, ErrorCode> = {}
  /** Commands whose acknowledgement is withheld, and how many more times. */
  swallow: Record<string, number> = {}
  /** Commands that get an error, and how many more times. */
  reject: Record<string, { code: ErrorCode; times: number; retryAfterMs?: number }> = {}
  /** Whether each player's client reported to be in the foreground, in order: with the handshake, and since then. */
  readonly foreground = new Map<string, boolean[]>()
  /** The languages that logins asked for. */
  readonly languages: (string | undefined)[] = []
  roundMs: number | null = null
  /** Whether a match that is over is shown to its players: never, when asked, or also when they connect. */
  shows: 'live' | 'asked' | 'ended' = 'live'
  url = ''

  readonly io: Server<ClientToServerEvents, ServerToClientEvents, Record<string, never>, { player: PublicPlayer }>
  private readonly http: HttpServer
  private readonly online = new Map<string, GameSocket>()
  private queue: { player: PublicPlayer; bestOf: 1 | 3 | 5 }[] = []
  private players = new Map<string, PublicPlayer>()

  private constructor() {
    this.http = createServer((request, response) => void this.api(request, response))
    this.io = new Server(this.http, { pingInterval: 500, pingTimeout: 500, serveClient: false, transports: ['websocket'] })
    this.io.use((socket, next) => {
      if (this.hesitates) return
      const player = this.sessions.get(String(socket.handshake.auth['sessionId']))
      const { refuse } = this
      if (!refuse && player) {
        socket.data.player = player
        setTimeout(() => next(), this.handshakeMs)
        return
      }
      const error = refuse ? wireError(refuse.code, undefined, refuse.retryAfterMs) : wireError('unauthorized')
      next(Object.assign(new Error(error.message), { data: error }))
    })
    this.io.on('connection', (socket) => this.accept(socket))
  }

  static async start(port = 0): Promise<WireServer> {
    const server = new WireServer()
    await new Promise<void>((resolve) => server.http.listen(port, '127.0.0.1', resolve))
    server.url = `http://127.0.0.1:${(server.http.address() as AddressInfo).port}`
    return server
  }

  async close(): Promise<void> {
    await this.io.close()
  }

  /** The one live socket of a player. */
  socketOf(playerId: string): GameSocket | undefined {
    return this.online.get(playerId)
  }

  /** Cuts all connections without a close frame. */
  cut(): void {
    for (const socket of this.io.sockets.sockets.values()) {
      const { transport } = socket.conn as unknown as { transport: { socket: { terminate(): void } } }
      transport.socket.terminate()
    }
  }

  count(command: string): number {
    return this.commands.filter((entry) => entry.startsWith(`${command} `)).length
  }

  // ---- HTTP -----------------------------------------------------------------------------------------------------

  private async api(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = parts.length ? (JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>) : {}
    const reply = (status: number, content?: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' })
      response.end(content === undefined ? undefined : JSON.stringify(content))
    }
    const fail = (code: ErrorCode): void => reply(ERRORS[code].http, { error: wireError(code) })
    const call = `${request.method} ${request.url}`

    if (call === 'POST /api/login') {
      this.logins++
      this.languages.push(request.headers['accept-language'])
      if (this.loginMs) await new Promise((resolve) => setTimeout(resolve, this.loginMs))
      const code = body['code'] as string
      // As our server does with WECHAT_CLOUD=on: WeChat's own gateway says which player it is.
      const openid = request.headers['x-wx-openid']
      const error = this.badCodes['*'] || this.badCodes[code] || (!openid && this.usedCodes.includes(code) ? 'invalid_code' : undefined)
      if (error) return fail(error)
      this.usedCodes.push(code)
      const player = this.player(openid ? String(openid) : code.split('.')[0] || code)
      Object.assign(player, body['profile'])
      const sessionId = randomUUID()
      this.sessions.set(sessionId, player)
      return reply(200, { sessionId, expiresAt: Date.now() + 1e9, player })
    }
    const sessionId = String(request.headers['sessionid'])
    const player = this.sessions.get(sessionId)
    if (!player) return fail('session_expired')
    if (call === 'GET /api/session') return reply(200, { player, expiresAt: Date.now() + 1e9 })
    if (call === 'DELETE /api/session') {
      this.sessions.delete(sessionId)
      return reply(204)
    }
    if (call === 'PATCH /api/me' || call === 'PUT /api/me') return reply(200, { player: Object.assign(player, body) })
    if (call.startsWith('GET /api/head-to-head/'))
      return reply(200, { wins: 2, losses: 1, draws: 0, streak: call.endsWith('p-ben') ? 3 : 0 })
    if (request.url?.startsWith('/api/leaderboard')) return reply(200, { entries: [{ rank: 1, player }] })
    return fail('not_found')
  }

  private player(name: string): PublicPlayer {
    const known = this.players.get(name)
    if (known) return known
    const player = { id: `p-${name}`, nickname: name, avatarUrl: '', rating: 1000, wins: 0, losses: 0, draws: 0 }
    this.players.set(name, player)
    return player
  }

  // ---- Socket.IO ------------------------------------------------------------------------------------------------

  private accept(socket: GameSocket): void {
    const { player } = socket.data
    this.connections++
    const before = this.online.get(player.id)
    this.online.set(player.id, socket)
    if (before?.connected) {
      before.emit('session:replaced')
      before.disconnect(true)
    }
    socket.on('disconnect', () => {
      if (this.online.get(player.id) === socket) this.online.delete(player.id)
      for (const match of this.matches.values()) match.watchers.delete(socket)
    })
    const current = this.matchOf(player.id, this.shows === 'ended')
    if (current) socket.emit('match', this.view(current))

    const handle = <D>(name: string, ack: (reply: Ack<D>) => void, run: () => D | ErrorCode): void => {
      this.commands.push(`${name} ${player.id}`)
      const rejection = this.reject[name]
      if (rejection && rejection.times-- > 0) {
        return ack({ ok: false, error: wireError(rejection.code, undefined, rejection.retryAfterMs) })
      }
      const result = run()
      if ((this.swallow[name] || 0) > 0) {
        this.swallow[name] = (this.swallow[name] || 0) - 1
        return
      }
      ack(typeof result === 'string' ? { ok: false, error: wireError(result as ErrorCode) } : { ok: true, data: result })
    }

    const reported = [...(this.foreground.get(player.id) ?? []), socket.handshake.auth['background'] !== true]
    this.foreground.set(player.id, reported)
    socket.on('player:foreground', ({ foreground }) => void reported.push(foreground))
    socket.on('match:sync', (ack) =>
      handle('match:sync', ack, () => {
        const match = this.matchOf(player.id, this.shows !== 'live')
        return { match: match ? this.view(match) : null, queue: null }
      }),
    )
    socket.on('match:find', ({ mode, bestOf = 3 }, ack) =>
      handle<FindReply>('match:find', ack, () => {
        const live = this.matchOf(player.id)
        if (live && live.view.status !== 'finished') return { state: 'matched', match: this.view(live) }
        const other = this.queue.find((ticket) => ticket.player.id !== player.id)
        if (!other) {
          if (!this.queue.some((ticket) => ticket.player.id === player.id)) this.queue.push({ player, bestOf })
          return { state: 'queued' }
        }
        this.queue = this.queue.filter((ticket) => ticket !== other && ticket.player.id !== player.id)
        return { state: 'matched', match: this.view(this.open(mode, bestOf, [other.player, player])) }
      }),
    )
    socket.on('match:cancel', (ack) =>
      handle('match:cancel', ack, () => {
        this.queue = this.queue.filter((ticket) => ticket.player.id !== player.id)
        return {}
      }),
    )
    socket.on('room:create', ({ bestOf = 3 }, ack) =>
      handle('room:create', ack, () => {
        const match = this.matchOf(player.id) || this.open('room', bestOf, [player])
        return { match: this.view(match), code: match.view.code || '' }
      }),
    )
    socket.on('room:join', ({ code }, ack) =>
      handle('room:join', ack, () => {
        const match = [...this.matches.values()].find(({ view }) => view.code === code)
        if (!match) return 'room_not_found'
        if (!match.view.seats.some((seat) => seat.player.id === player.id)) {
          if (match.view.seats.length === 2) return 'room_full'
          match.view.seats.push(this.seat(player))
          match.view.status = 'playing'
          this.changed(match)
        }
        return { match: this.view(match) }
      }),
    )
    socket.on('match:watch', (request, ack) =>
      handle('match:watch', ack, () => {
        const match = [...this.matches.values()].find(({ view }) =>
          'code' in request ? view.code === request.code : view.id === request.matchId,
        )
        if (!match) return 'match_not_found'
        match.watchers.add(socket)
        return { match: this.view(match) }
      }),
    )
    socket.on('match:move', ({ matchId, round, move }, ack) =>
      handle('match:move', ack, () => {
        const match = this.matches.get(matchId)
        if (!match) return 'match_not_found'
        const seat = match.view.seats.findIndex((each) => each.player.id === player.id) as SeatIndex | -1
        if (seat === -1) return 'not_your_match'
        if (match.taken.includes(`${round} ${seat} ${move}`)) return { version: match.view.version }
        if (match.view.status === 'finished') return 'match_finished'
        if (round !== match.view.round) return 'stale_round'
        if (match.moves[seat]) return 'already_moved'
        match.moves[seat] = move
        match.taken.push(`${round} ${seat} ${move}`)
        this.decide(match)
        return { version: match.view.version }
      }),
    )
    socket.on('match:leave', ({ matchId }, ack) =>
      handle('match:leave', ack, () => {
        const match = this.matches.get(matchId)
        if (!match) return 'match_not_found'
        if (match.view.status === 'finished') return 'match_finished'
        const seat = match.view.seats.findIndex((each) => each.player.id === player.id)
        const waiting = match.view.status === 'waiting'
        match.view.status = 'finished'
        match.view.result = waiting ? null : { winner: (1 - seat) as SeatIndex, reason: 'forfeit' }
        this.changed(match)
        return {}
      }),
    )
    socket.on('match:rematch', ({ matchId }, ack) =>
      handle('match:rematch', ack, () => {
        const match = this.matches.get(matchId)
        if (!match) return 'match_not_found'
        return {
          match: this.view(
            this.open(
              match.view.mode,
              match.view.bestOf,
              match.view.seats.map((seat) => seat.player),
            ),
          ),
        }
      }),
    )
    socket.on('match:emote', ({ matchId, emote }, ack) =>
      handle('match:emote', ack, () => {
        const match = this.matches.get(matchId)
        if (!match) return 'match_not_found'
        const seat = match.view.seats.findIndex((each) => each.player.id === player.id) as SeatIndex
        for (const each of match.view.seats) this.online.get(each.player.id)?.emit('emote', { matchId, seat, emote })
        return {}
      }),
    )
  }

  // ---- the game -------------------------------------------------------------------------------------------------

  /** The match of a player; one that is over only if that is wanted. */
  matchOf(playerId: string, ended = false): Match | undefined {
    const mine = [...this.matches.values()].filter(({ view }) => view.seats.some((seat) => seat.player.id === playerId))
    return mine.findLast(({ view }) => view.status !== 'finished') || (ended ? mine.at(-1) : undefined)
  }

  /** Makes a match of these players, and notifies them. */
  open(mode: MatchView['mode'], bestOf: 1 | 3 | 5, players: PublicPlayer[]): Match {
    const id = `m-${this.matches.size + 1}`
    const match: Match = {
      moves: [null, null],
      taken: [],
      watchers: new Set(),
      view: {
        id,
        version: 0,
        mode,
        bestOf,
        status: players.length === 2 ? 'playing' : 'waiting',
        round: 1,
        deadlineAt: null,
        serverTime: 0,
        seats: players.map((player) => this.seat(player)),
        lastRound: null,
        result: null,
        ...(mode === 'room' ? { code: `ROOM${String(this.matches.size + 1).padStart(2, '3')}` } : {}),
      },
    }
    this.matches.set(id, match)
    this.changed(match)
    return match
  }

  /** A new version, sent to all players in it; `quiet` sends nothing. */
  changed(match: Match, quiet = false): void {
    match.view.version++
    match.view.deadlineAt = match.view.status === 'playing' && this.roundMs ? Date.now() + this.roundMs : null
    if (quiet) return
    for (const seat of match.view.seats) this.online.get(seat.player.id)?.emit('match', this.view(match))
    for (const watcher of match.watchers) watcher.emit('match', this.view(match))
  }

  view(match: Match): MatchView {
    const { view } = match
    const seats = view.seats.map((seat, i) => ({ ...seat, moved: match.moves[i as SeatIndex] !== null }))
    return structuredClone({ ...view, seats, serverTime: Date.now() })
  }

  private seat(player: PublicPlayer): MatchView['seats'][number] {
    return { player, score: 0, moved: false, connected: true, bot: false }
  }

  private decide(match: Match): void {
    const { view } = match
    const [first, second] = match.moves
    if (first && second) {
      const winner = first === second ? null : BEATS[first] === second ? 0 : 1
      const seat = winner === null ? undefined : view.seats[winner]
      if (seat) seat.score++
      view.lastRound = { round: view.round, moves: [first, second], winner, reason: 'moves' }
      match.moves = [null, null]
      if (seat && seat.score >= Math.ceil(view.bestOf / 2)) {
        view.status = 'finished'
        view.result = { winner, reason: 'score' }
      } else {
        view.round++
      }
    }
    this.changed(match)
  }
}
