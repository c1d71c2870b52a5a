/**
 * What artillery's virtual users do: each is a player on the SDK. Artillery's own Socket.IO engine cannot wait for what the server sends by
 * itself, so these functions are part of a flow of its HTTP engine, one call for the whole visit.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GameClient } from '../client-sdk/src/client/client.ts'
import { createGameClient } from '../client-sdk/src/client/create.ts'
import { GameError } from '../client-sdk/src/game-error.ts'
import type { MatchView } from '../client-sdk/src/protocol.ts'
import { nodeHost, trustOf, type NodeHost } from '../tools/play/host.ts'
import type { AnyGame } from '../games/rules.ts'
import { chooseMove } from '../tools/play/moves.ts'
import { between } from '../tools/play/random.ts'
import { untilClient } from '../tools/until.ts'
import { loadGame } from '../server/src/game.ts'
import { fromEnvironment, type LoadSettings } from './settings.ts'

/** The part of artillery that is used. */
export interface ArtilleryContext {
  vars: Record<string, unknown>
}
export interface ArtilleryEvents {
  emit(kind: 'counter' | 'histogram', name: string, value: number): void
}

/** An address has about 28,000 ports for connections to one other address. */
const PLAYERS_PER_ADDRESS = 20_000
/** If no round ends for this long, the player has failed, ms. */
const PATIENCE_MS = 60_000
const STORMS = 3

let settings: LoadSettings | undefined
let game: Promise<AnyGame> | undefined
let trust: ReturnType<typeof trustOf> | undefined
let begun = 0
let visitors = 0

function ready(): LoadSettings {
  if (settings) return settings
  settings = fromEnvironment(process.env)
  if (settings.certificate !== null) trust = trustOf(readFileSync(settings.certificate))
  game = loadGame(settings.game)
  begun = Date.now()
  return settings
}

interface Visit {
  game: AnyGame
  settings: LoadSettings
  client: GameClient
  host: NodeHost
  events: ArtilleryEvents
  /** When the visit is to end, epoch ms. */
  until: number
}

/** Arrives, does what the scenario says, and leaves. A failure is counted and fails the virtual user. */
async function visit(events: ArtilleryEvents, run: (visit: Visit) => Promise<void>): Promise<void> {
  const known = ready()
  const number = ++visitors
  // Reported once, otherwise a threshold on something that never happened would find no metric.
  for (const name of ['failures', 'sockets_lost', 'players_online']) events.emit('counter', name, 0)
  const name = `load-${process.pid}-${begun.toString(36)}-${number}`
  let codes = 0
  const localAddress = `127.0.0.${2 + Math.floor(number / PLAYERS_PER_ADDRESS)}`
  const host = nodeHost({ login: () => `${name}.${++codes}`, trust, ...(number < PLAYERS_PER_ADDRESS ? {} : { localAddress }) })
  const client = createGameClient({ url: known.url, host, profile: { nickname: `玩家 ${number}` } })
  try {
    const asked = performance.now()
    await online(client)
    events.emit('histogram', 'login_ms', performance.now() - asked)
    events.emit('counter', 'players_online', 1)
    await run({ game: (await game) ?? unknownGame(), settings: known, client, host, events, until: begun + known.rampMs + known.stayMs })
  } catch (error) {
    events.emit('counter', 'failures', 1)
    throw new Error(error instanceof GameError ? `${error.code}: ${error.message}` : String(error), { cause: error })
  } finally {
    client.close()
  }
}

function unknownGame(): never {
  throw new Error('the game is not loaded')
}

/** The SDK goes on trying by itself after its first attempt has failed. */
async function online(client: GameClient): Promise<void> {
  await client.connect().catch(() => undefined)
  await until(client, () => client.state.status === 'online', PATIENCE_MS, 'a connection')
}

/** Waits for a condition on what the client knows. @throws Error that names what did not happen */
async function until(client: GameClient, holds: () => boolean, ms: number, what: string): Promise<void> {
  if (!(await untilClient(client, holds, AbortSignal.timeout(ms)))) throw new Error(`${what} did not come within ${ms / 1000} s`)
}

/** Counts sockets that are lost although nobody meant to break them. */
function countLosses({ client, events }: Visit, meant: () => boolean = () => false): void {
  let before = 'online'
  client.subscribe(({ connection: { status } }) => {
    if (before === 'online' && status !== 'online' && status !== 'closed' && !meant()) events.emit('counter', 'sockets_lost', 1)
    before = status
  })
}

const isPlayed = ({ client }: Visit, id: string): boolean => client.match?.id === id && client.match.status === 'playing'

/** Plays a match to its end, with time to think. */
async function playOut(each: Visit, match: MatchView): Promise<void> {
  const {
    game,
    client,
    events,
    settings: { thinkMs },
  } = each
  await until(client, () => client.match?.id === match.id && client.match.status !== 'waiting', PATIENCE_MS, 'the beginning of a match')
  while (isPlayed(each, match.id)) {
    await sleep(between(Math.random, ...thinkMs))
    const view = client.match
    if (!view || !isPlayed(each, match.id)) break
    const { round } = view
    const other = view.seats[client.seat === 0 ? 1 : 0]
    const asked = performance.now()
    const decided = until(
      client,
      () => !isPlayed(each, match.id) || (client.match?.round ?? 0) > round,
      PATIENCE_MS,
      `the end of round ${round}`,
    )
    const move = chooseMove(game, view, client.seat ?? 0, Math.random)
    if (move === null) {
      // It is the opponent's turn.
      await decided
      continue
    }
    // A round may close, or the opponent forfeit, at the very moment of the move.
    const stored = client.move(move as never).then(
      () => events.emit('histogram', 'move_ms', performance.now() - asked),
      (error: unknown) => {
        if (!(error instanceof GameError) || !['stale_round', 'match_finished', 'no_match'].includes(error.code)) throw error
      },
    )
    await Promise.all([stored, decided])
    // Only the player who moves second sees what their own move decides.
    if (other?.moved) events.emit('histogram', 'reveal_ms', performance.now() - asked)
    events.emit('counter', 'hands_played', 1)
  }
  events.emit('counter', 'matches_seen', 1)
}

/** Finds an opponent, plays to the end, and repeats. */
export async function play(_context: ArtilleryContext, events: ArtilleryEvents): Promise<void> {
  await visit(events, async (each) => {
    const { client } = each
    countLosses(each)
    while (Date.now() < each.until) {
      const asked = performance.now()
      const found = client.find({ mode: 'ranked', bestOf: each.game.bestOf[0] })
      const late = sleep(Math.max(1000, each.until - Date.now()), null, { ref: false })
      // The last player finds no opponent any more.
      const match = await Promise.race([found, late])
      if (match === null) {
        found.catch(() => undefined)
        await client.cancel()
        if (client.match?.status === 'playing') await playOut(each, client.match)
        return
      }
      events.emit('histogram', 'find_ms', performance.now() - asked)
      await playOut(each, match)
    }
  })
}

const rooms: string[] = []

/** One player opens a room, the next one joins it; they play, part, and repeat. */
export async function room(_context: ArtilleryContext, events: ArtilleryEvents): Promise<void> {
  await visit(events, async (each) => {
    const { client } = each
    countLosses(each)
    while (Date.now() < each.until) {
      const code = rooms.shift()
      const asked = performance.now()
      if (code !== undefined) {
        const match = await client.joinRoom(code)
        events.emit('histogram', 'join_ms', performance.now() - asked)
        await playOut(each, match)
        continue
      }
      const made = await client.createRoom(each.game.bestOf[0])
      events.emit('histogram', 'create_ms', performance.now() - asked)
      rooms.push(made.code)
      const joined = await until(client, () => isPlayed(each, made.match.id), Math.max(1000, each.until - Date.now()), 'a guest').then(
        () => true,
        () => false,
      )
      if (!joined) {
        rooms.splice(rooms.indexOf(made.code), 1)
        await client.leave()
        return
      }
      await playOut(each, made.match)
    }
  })
}

/** Stays connected and quiet. */
export async function idle(_context: ArtilleryContext, events: ArtilleryEvents): Promise<void> {
  await visit(events, async (each) => {
    countLosses(each)
    await sleep(Math.max(0, each.until - Date.now()))
  })
}

/** All players lose their sockets at the same moment, repeatedly. */
export async function storm(_context: ArtilleryContext, events: ArtilleryEvents): Promise<void> {
  await visit(events, async (each) => {
    const {
      client,
      host,
      until: end,
      settings: { stayMs },
    } = each
    let meant = false
    countLosses(each, () => meant)
    events.emit('counter', 'came_back', 0)
    for (let times = 0; times < STORMS; times++) {
      await sleep(Math.max(0, end - stayMs * (1 - (times + 0.5) / STORMS) - Date.now()))
      meant = true
      const torn = performance.now()
      host.tear()
      await until(client, () => client.state.status !== 'online', PATIENCE_MS, 'the loss of a socket')
      await until(client, () => client.state.status === 'online', PATIENCE_MS, 'a new connection')
      await client.sync()
      meant = false
      events.emit('histogram', 'reconnect_ms', performance.now() - torn)
      events.emit('counter', 'came_back', 1)
    }
    await sleep(Math.max(0, end - Date.now()))
  })
}
