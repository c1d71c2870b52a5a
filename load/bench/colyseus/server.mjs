/**
 * The same game and payload on Colyseus: a room per match, all in the memory of one process. MODE says how players receive it: `messages`
 * (each view is broadcast, each move acknowledged) or `schema` (Colyseus' default way: patches of a shared state, every 50 ms).
 */
import { createServer } from 'node:http'
import { Room, Server } from '@colyseus/core'
import { schema, t } from '@colyseus/schema'
import { WebSocketTransport } from '@colyseus/ws-transport'
import { openMatch, takeMove } from '../plain-game.ts'

const ROUND_MS = 10_000

const SeatState = schema(
  {
    id: t.string(),
    nickname: t.string(),
    avatarUrl: t.string(),
    rating: t.number(),
    wins: t.number(),
    losses: t.number(),
    draws: t.number(),
    score: t.number(),
    moved: t.boolean(),
    connected: t.boolean(),
  },
  'SeatState',
)
const MatchState = schema(
  {
    id: t.string(),
    version: t.number(),
    mode: t.string(),
    bestOf: t.number(),
    status: t.string(),
    round: t.number(),
    deadlineAt: t.number(),
    serverTime: t.number(),
    seats: t.array(SeatState),
    lastRound: t.number(),
    move0: t.string(),
    move1: t.string(),
    winner: t.number(),
    result: t.number(),
  },
  'MatchState',
)

class MatchRoom extends Room {
  maxClients = 2
  match = null
  seats = []

  onCreate() {
    this.onMessage('move', (client, { n, round, move }) => this.move(client, n, round, move))
    this.onMessage('ready', (client, { bestOf }) => this.ready(client, bestOf))
  }

  /** Messages before the client has its listeners would be lost. */
  ready(client, bestOf) {
    this.seats.push(client.sessionId)
    if (this.seats.length < 2) return
    // Otherwise it would open again as soon as the first of them has left.
    void this.lock()
    this.match = openMatch(this.roomId, [this.seats[0], this.seats[1]], bestOf, ROUND_MS)
    this.arm()
    this.opened()
  }

  move(client, n, round, move) {
    if (!this.match) return
    const seat = this.seats[0] === client.sessionId ? 0 : 1
    if (takeMove(this.match, seat, round, move, ROUND_MS) === 'refused') return this.refused(client, n)
    this.arm()
    this.moved(client, n)
  }

  onLeave() {
    if (this.clients.length === 0) clearTimeout(this.match?.timer)
  }

  /** After the deadline the match is over; this is all that the yardstick does. */
  arm() {
    clearTimeout(this.match.timer)
    this.match.timer = this.match.view.status === 'playing' ? setTimeout(() => void this.disconnect(), ROUND_MS) : null
  }
}

class MessagesRoom extends MatchRoom {
  patchRate = null

  opened() {
    this.broadcast('match', this.match.view)
  }
  refused(client, n) {
    client.send('ack', { n, ok: false, code: 'stale_round' })
  }
  moved(client, n) {
    client.send('ack', { n, ok: true, version: this.match.view.version })
    this.broadcast('match', this.match.view)
  }
}

class SchemaRoom extends MatchRoom {
  state = new MatchState()

  opened() {
    const { view } = this.match
    Object.assign(this.state, { id: view.id, mode: view.mode, bestOf: view.bestOf })
    for (const { player } of view.seats)
      this.state.seats.push(Object.assign(new SeatState(), { ...player, score: 0, moved: false, connected: true }))
    this.show()
  }
  refused() {}
  moved() {
    this.show()
  }
  show() {
    const {
      state,
      match: { view },
    } = this
    state.version = view.version
    state.status = view.status
    state.round = view.round
    state.deadlineAt = view.deadlineAt ?? 0
    state.serverTime = view.serverTime
    view.seats.forEach(({ score, moved }, index) => {
      state.seats[index].score = score
      state.seats[index].moved = moved
    })
    if (view.lastRound) {
      state.lastRound = view.lastRound.round
      state.move0 = view.lastRound.moves[0]
      state.move1 = view.lastRound.moves[1]
      state.winner = view.lastRound.winner ?? -1
    }
    if (view.result) state.result = view.result.winner ?? -1
  }
}

const server = new Server({
  transport: new WebSocketTransport({ server: createServer(), pingInterval: 10_000 }),
  greet: false,
  gracefullyShutdown: false,
})
server.define('rps', process.env['MODE'] === 'schema' ? SchemaRoom : MessagesRoom)
process.on('SIGTERM', () => process.exit(0))
await server.listen(Number(process.env['PORT']), '127.0.0.1')
