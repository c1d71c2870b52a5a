/**
 * The yardsticks: the same game on the same wire in one process of plain Socket.IO, with its state in memory. With `DATABASE_URL` it writes
 * each round to MySQL before it sends it to the players, as a first version of a game often does. It has no login, no limits, no checks of
 * its input, and loses everything when it dies.
 */
import { createServer } from 'node:http'
import { createPool } from 'mariadb'
import { Server, type Socket } from 'socket.io'
import type { AckFn, ClientToServerEvents, FindReply, MoveRequest, ServerToClientEvents } from '../../client-sdk/src/protocol.ts'
import { connectionOptions } from '../../prisma/connection.ts'
import { openMatch, takeMove, type PlainMatch } from './plain-game.ts'

const ROUND_MS = 10_000
const http = createServer((_request, response) => response.end('ok'))
const io = new Server<ClientToServerEvents, ServerToClientEvents>(http, { serveClient: false, pingInterval: 10_000, pingTimeout: 10_000 })
const url = process.env['DATABASE_URL']
const pool = url ? createPool({ ...connectionOptions(url), connectionLimit: 8 }) : null
const matches = new Map<string, PlainMatch>()
let waiting: Socket | null = null
let made = 0

if (pool)
  await pool.query(
    'CREATE TABLE IF NOT EXISTS PlainRound (matchId VARCHAR(32), round INT, move0 VARCHAR(8), move1 VARCHAR(8), PRIMARY KEY ' +
      '(matchId, round))',
  )

/** After the deadline the match is over; this is all that the yardstick does. */
function arm(match: PlainMatch): void {
  if (match.timer) clearTimeout(match.timer)
  match.timer = match.view.status === 'playing' ? setTimeout(() => matches.delete(match.view.id), ROUND_MS) : null
}

async function move(socket: Socket, { matchId, round, move }: MoveRequest, ack: AckFn<{ version: number }>): Promise<void> {
  const match = matches.get(matchId)
  const seat = match?.view.seats[0]?.player.id === socket.id ? 0 : 1
  const outcome = match ? takeMove(match, seat, round, move, ROUND_MS) : 'refused'
  if (!match || outcome === 'refused') return ack({ ok: false, error: { code: 'stale_round', message: '' } })
  arm(match)
  const { view } = match
  const last = view.lastRound
  if (pool && outcome === 'decided' && last) {
    await pool.query('INSERT INTO PlainRound VALUES (?, ?, ?, ?)', [matchId, last.round, last.moves[0], last.moves[1]])
  }
  ack({ ok: true, data: { version: view.version } })
  io.to(matchId).emit('match', view)
  if (view.status === 'finished') {
    matches.delete(matchId)
    io.in(matchId).socketsLeave(matchId)
  }
}

io.on('connection', (socket) => {
  socket.on('match:find', ({ bestOf = 3 }, ack: AckFn<FindReply>) => {
    const other = waiting
    if (!other || other === socket || !other.connected) {
      waiting = socket
      return ack({ ok: true, data: { state: 'queued' } })
    }
    waiting = null
    made += 1
    const match = openMatch(`0-${String(made).padStart(21, '0')}`, [other.id, socket.id], bestOf, ROUND_MS)
    matches.set(match.view.id, match)
    arm(match)
    void other.join(match.view.id)
    void socket.join(match.view.id)
    ack({ ok: true, data: { state: 'matched', match: match.view } })
    io.to(match.view.id).emit('match', match.view)
  })
  socket.on('match:move', (request, ack) => {
    move(socket, request, ack).catch((fault: unknown) => console.error(fault))
  })
})

process.on('SIGTERM', () => process.exit(0))
http.listen(Number(process.env['PORT']), '127.0.0.1')
