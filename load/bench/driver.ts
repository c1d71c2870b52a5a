/**
 * A process that plays: `players` clients on the wire, in pairs that the server makes. Its parent controls it and reads its figures by
 * messages (see `driver-process.ts`), so that its own work is in no figure.
 */
import { BEST_OF, MOVES, type MatchView } from '../../client-sdk/src/protocol.ts'
import { toGameError } from '../../client-sdk/src/game-error.ts'
import { until } from '../../tools/until.ts'
import type { DriverFigures, DriverOrder, DriverReply, Returns, Wire } from './driver-process.ts'
import { connectReturning, PATIENCE_MS, type ReturningClient } from './returning-client.ts'
import { connectWire, type WireClient, type WireClientOptions } from './wire-client.ts'

interface Person {
  client: WireClient & Partial<ReturningClient>
  match: string
  moved: number
  done: boolean
}

/** A round whose moves are on their way: when the second was sent, and which players have seen it decided. */
interface OpenRound {
  round: number
  sent: number
  lastSentAt: number
  seen: number
}

const BATCH = 50
/** Within this time every player must have found an opponent, ms. */
const MATCHED_MS = 60_000
let thinkMs = 1000
let bestOf: (typeof BEST_OF)[number] = 5
let stopped = true
const people: Person[] = []
const open = new Map<string, OpenRound>()
let rounds = 0
let matches = 0
let faults: Record<string, number> = {}
let latencies: number[] = []
let bytes = 0

const note = (fault: string): void => {
  faults[fault] = (faults[fault] ?? 0) + 1
}
const think = (work: () => void): void => {
  if (thinkMs === 0) work()
  else setTimeout(work, Math.random() * thinkMs)
}

function find(person: Person): void {
  if (stopped) return
  person.client.emit('match:find', { mode: 'casual', bestOf }, (reply) => {
    if (reply.includes('"ok":true')) return
    note(/"code":"(\w+)"/.exec(reply)?.[1] ?? 'unknown reply')
    setTimeout(() => find(person), 1000)
  })
}

function see(person: Person, view: MatchView): void {
  if (view.id !== person.match) {
    if (view.status === 'finished') return
    person.match = view.id
    person.moved = 0
    person.done = false
  }
  if (view.lastRound) seen(view, view.lastRound.round)
  if (view.status === 'finished') {
    if (person.done) return
    person.done = true
    matches += 0.5
    if (!stopped) think(() => find(person))
  } else if (view.status === 'playing' && view.round > person.moved) {
    person.moved = view.round
    const { id, round } = view
    think(() => move(person, id, round))
  }
}

/** Counts a decided round once, and its latency once both players have the view. */
function seen({ id }: MatchView, round: number): void {
  const entry = open.get(id)
  if (!entry || entry.round !== round || entry.sent < 2) return
  entry.seen += 1
  if (entry.seen === 1) rounds += 1
  if (entry.seen < 2) return
  latencies.push(performance.now() - entry.lastSentAt)
  open.delete(id)
}

function move(person: Person, matchId: string, round: number): void {
  if (stopped || person.match !== matchId) return
  let entry = open.get(matchId)
  if (entry?.round !== round) open.set(matchId, (entry = { round, sent: 0, lastSentAt: 0, seen: 0 }))
  entry.sent += 1
  entry.lastSentAt = performance.now()
  person.client.emit('match:move', { matchId, round, move: MOVES[Math.floor(Math.random() * 3)] }, (reply) => {
    if (!reply.includes('"ok":true')) note(/"code":"(\w+)"/.exec(reply)?.[1] ?? 'unknown reply')
  })
}

/** Its packages are not installed for the type checker. */
async function colyseus(): Promise<(options: WireClientOptions) => Promise<WireClient>> {
  const { connectColyseus } = (await import(new URL('colyseus/client.mjs', import.meta.url).href)) as {
    connectColyseus(options: WireClientOptions): Promise<WireClient>
  }
  return connectColyseus
}

const CONNECT: Record<Wire, () => Promise<(options: WireClientOptions) => Promise<WireClient>>> = {
  'socket.io': async () => connectWire,
  returning: async () => connectReturning,
  colyseus,
}

async function connect(order: Extract<DriverOrder, { type: 'connect' }>): Promise<void> {
  const { sessions, urls, localAddresses, wire } = order
  const connectClient = await CONNECT[wire]()
  for (let from = 0; from < sessions.length; from += BATCH) {
    await Promise.all(
      sessions.slice(from, from + BATCH).map(async (sessionId, index) => {
        const at = from + index
        const person = { match: '', moved: 0, done: true } as Person
        const localAddress = localAddresses[at % Math.max(1, localAddresses.length)]
        person.client = await connectClient({
          url: urls[at % urls.length] ?? '',
          sessionId,
          ...(localAddress === undefined ? {} : { localAddress }),
          onMatch: (view) => see(person, view),
          onBytes: (count) => (bytes += count),
          onGone: note,
        })
        people.push(person)
      }),
    )
  }
}

function take(): DriverFigures {
  const figures = { rounds, matches, faults, latencies, bytes }
  rounds = 0
  matches = 0
  faults = {}
  latencies = []
  bytes = 0
  return figures
}

/** Breaks all sockets in one event-loop tick. */
async function storm(): Promise<Returns> {
  const before = process.cpuUsage()
  const returns: Returns = { ms: [], sockets: 0, cpuSeconds: 0, faults: {} }
  await Promise.all(
    people.map(async ({ client }) => {
      try {
        if (!client.loseSocket) throw new Error('this client does not reconnect')
        const { ms, sockets } = await client.loseSocket()
        returns.ms.push(ms)
        returns.sockets += sockets
      } catch (error) {
        const { code } = toGameError(error)
        returns.faults[code] = (returns.faults[code] ?? 0) + 1
        returns.ms.push(PATIENCE_MS)
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return { ...returns, cpuSeconds: (user + system) / 1e6 }
}

async function obey(order: DriverOrder): Promise<DriverReply> {
  switch (order.type) {
    case 'connect':
      await connect(order)
      return { type: 'done' }
    case 'play':
      ;({ thinkMs, bestOf } = order)
      stopped = false
      // Not all at once: a wave would persist for the whole run.
      for (const person of people) setTimeout(() => find(person), Math.random() * Math.max(order.spreadMs, 1))
      return { type: 'done' }
    case 'pace':
      thinkMs = order.thinkMs
      bestOf = order.bestOf ?? bestOf
      return { type: 'done' }
    case 'matched':
      if (!(await until(() => people.every(({ match, done }) => match !== '' && !done), MATCHED_MS)))
        throw new Error('not every player found an opponent')
      return { type: 'done' }
    case 'storm':
      return { type: 'returns', returns: await storm() }
    case 'take':
      return { type: 'figures', figures: take() }
    case 'stop':
      stopped = true
      for (const { client } of people) client.close()
      return { type: 'done' }
  }
}

process.on('message', (order: DriverOrder) => {
  obey(order).then(
    (reply) => process.send?.(reply),
    (fault: unknown) =>
      process.send?.({ type: 'failed', why: fault instanceof Error ? fault.message : String(fault) } satisfies DriverReply),
  )
})
process.on('disconnect', () => process.exit(0))
