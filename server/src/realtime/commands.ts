import type { z } from 'zod'
import type { AnyGame } from '../../../games/rules.ts'
import type { CommandName, Commands, FindReply, PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import { CatalogueError } from '../errors.ts'
import { parseRate, type Rate } from '../limits.ts'
import { seatOf } from '../match/match.ts'
import type { Matches } from '../match/matches.ts'
import type { Stored } from '../match/store.ts'
import { viewOf, type AnyView } from '../match/view.ts'
import type { Connected, Found, Matchmaker } from '../matchmaking/matchmaker.ts'
import type { Reservations } from '../matchmaking/reservations.ts'
import type { Rooms } from '../matchmaking/rooms.ts'
import type { Connections } from './connections.ts'
import type { FanOut } from './fan-out.ts'
import { emoteRequest, foregroundRequest, gameRequests, matchRequest, nothing, roomJoinRequest, watchRequest } from './schemas.ts'

/** The caller. */
export interface Caller {
  player: PublicPlayer
  /** The connection's name in seats and tickets. */
  connection: Connected
  /** Whether its client has reported that it is in the background. */
  background: boolean
  /**
   * From now on this socket is sent the views of this match as a spectator, instead of those of another. Returns the match, null if there
   * is none.
   */
  watch(match: string): Promise<Stored | null>
}

type AnyCommands = Commands<unknown>

export interface Command<E extends CommandName> {
  /** How often one player may send the command. */
  rate: Rate
  schema: z.ZodType
  /** Whether the schema certainly accepts this as it is: a cheaper check that covers nearly every request. The others are parsed. */
  accepts?: (value: unknown) => boolean
  run(caller: Caller, request: AnyCommands[E]['request']): Promise<AnyCommands[E]['reply']>
}
export type CommandTable = { [E in CommandName]?: Command<E> }

export interface CommandsOptions {
  game: AnyGame
  matches: Matches
  matchmaker: Matchmaker
  rooms: Rooms
  reservations: Reservations
  connections: Pick<Connections, 'current'>
  fanOut: FanOut
  /** A guest is in a room whose host is not present. */
  friendWaits?: ((host: string, friend: PublicPlayer, code: string) => void) | undefined
}

/**
 * Every command that clients may send: its limit (per second in the long run / at once; `LIMITS` of the configuration replaces it), its
 * schema, and what it does.
 */
export function createCommands({
  game,
  matches,
  matchmaker,
  rooms,
  reservations,
  connections,
  fanOut,
  friendWaits,
}: CommandsOptions): CommandTable {
  const define = <E extends CommandName>(
    rate: `${number}/${number}`,
    schema: z.ZodType,
    run: Command<E>['run'],
    accepts?: Command<E>['accepts'],
  ): Command<E> => ({ rate: parseRate(rate), schema, run, ...(accepts && { accepts }) })
  const requests = gameRequests(game)
  const [defaultBestOf] = game.bestOf

  const viewFor = (stored: Stored, player: string): AnyView => viewOf(game, stored, seatOf(stored.match, player))
  const replyOf = (found: Found, player: string): FindReply<unknown> =>
    found.state === 'queued' ? found : { state: 'matched', match: viewFor(found.stored, player) }

  /** The view of a match in which the player has a seat. A seat that another connection plays is this connection's from now on. */
  async function viewHere(
    stored: Stored,
    { player: { id: player }, connection: { id: connection }, background }: Caller,
  ): Promise<AnyView> {
    const seat = seatOf(stored.match, player)
    const lost = seat !== null && stored.match.status !== 'finished' && stored.match.seats[seat]?.connection !== connection
    return viewFor((lost && (await matches.presence(stored.match.id, player, connection, true, background))) || stored, player)
  }

  /** Refuses requests of an older connection. Queue and reservations check again in the step that takes effect. */
  async function assertCurrent({ player, connection }: Caller): Promise<void> {
    if ((await connections.current(player.id)) !== connection.id) throw new CatalogueError('connection_replaced')
  }

  /**
   * Runs a command on a match that only the connection which plays the seat may give, and gives the seat to this connection if it is the
   * player's current one.
   */
  async function asSeat<T>(caller: Caller, match: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof CatalogueError) || error.code !== 'connection_replaced') throw error
      await assertCurrent(caller)
      await matches.presence(match, caller.player.id, caller.connection.id, true, caller.background)
      return run()
    }
  }

  /** The part of a request beside the mode and the terms that every game has. */
  const optionsOf = (request: object): Record<string, unknown> =>
    Object.fromEntries(Object.entries(request).filter(([name]) => name !== 'mode' && name !== 'bestOf'))

  return {
    'match:move': define<'match:move'>(
      '20/60',
      requests.move,
      async ({ player }, { matchId, round, move }) => ({
        version: await matches.move(matchId, player.id, round, move),
      }),
      requests.isMove,
    ),
    'match:find': define<'match:find'>('5/30', requests.find, async (caller, request) => {
      const { player, connection } = caller
      await assertCurrent(caller)
      const terms = { bestOf: request.bestOf ?? defaultBestOf, options: optionsOf(request) }
      const { mode } = request
      return replyOf(
        mode === 'practice'
          ? await matchmaker.practice(player.id, connection, terms)
          : await matchmaker.find(player.id, connection, mode, terms),
        player.id,
      )
    }),
    'match:cancel': define<'match:cancel'>('5/30', nothing, async (caller) => {
      await assertCurrent(caller)
      await matchmaker.cancel(caller.player.id, caller.connection.acceptedAt)
      return {}
    }),
    'match:leave': define<'match:leave'>('5/30', matchRequest, async (caller, { matchId }) => {
      const { player, connection } = caller
      await assertCurrent(caller)
      await asSeat(caller, matchId, () => matches.leave(matchId, player.id, connection.id))
      await reservations.release(player.id, matchId)
      return {}
    }),
    'match:rematch': define<'match:rematch'>('2/10', matchRequest, async (caller, { matchId }) => {
      const { player, connection } = caller
      await assertCurrent(caller)
      const stored = await asSeat(caller, matchId, () => matchmaker.rematch(player.id, matchId, connection.id))
      return stored ? { match: viewFor(stored, player.id) } : {}
    }),
    'match:emote': define<'match:emote'>('1/4', emoteRequest, async ({ player }, { matchId, emote }) => {
      const stored = await matches.read(matchId)
      if (!stored) throw new CatalogueError('match_not_found')
      const seat = seatOf(stored.match, player.id)
      if (seat === null) throw new CatalogueError('not_your_match')
      fanOut.emote(stored.match, { matchId, seat, emote })
      return {}
    }),
    'match:watch': define<'match:watch'>('2/20', watchRequest, async (caller, request) => {
      const stored = await caller.watch('matchId' in request ? request.matchId : await rooms.find(request.code))
      if (!stored) throw new CatalogueError('match_not_found')
      return { match: viewFor(stored, caller.player.id) }
    }),
    'match:sync': define<'match:sync'>('10/50', nothing, async (caller) => {
      const { player, connection } = caller
      const [here, queue] = await Promise.all([reservations.current(player.id), matchmaker.queued(player.id, connection.id)])
      return { match: here ? await viewHere(here, caller) : null, queue }
    }),
    // A phone whose user switches between apps sends this often.
    'player:foreground': define<'player:foreground'>('2/20', foregroundRequest, async (caller, { foreground }) => {
      const { player, connection } = caller
      caller.background = !foreground
      const here = await reservations.current(player.id)
      if (here?.match.status === 'waiting') await matches.background(here.match.id, player.id, connection.id, !foreground)
      return {}
    }),
    'room:create': define<'room:create'>('1/10', requests.roomCreate, async (caller, request) => {
      const { player, connection, background } = caller
      await assertCurrent(caller)
      await matchmaker.cancel(player.id, connection.acceptedAt)
      const stored = await rooms.create(
        player.id,
        { connection: connection.id, background },
        { bestOf: request.bestOf ?? defaultBestOf, options: optionsOf(request) },
      )
      return { match: viewFor(stored, player.id), code: stored.match.setup.code ?? '' }
    }),
    // Codes can be guessed: at this rate one socket needs years to find one room among a hundred.
    'room:join': define<'room:join'>('1/20', roomJoinRequest, async (caller, { code }) => {
      const { player, connection, background } = caller
      await assertCurrent(caller)
      await matchmaker.cancel(player.id, connection.acceptedAt)
      const view = viewFor(await rooms.join(player.id, { connection: connection.id, background }, code), player.id)
      const host = view.seats.findIndex((seat) => seat.player.id !== player.id)
      if (view.ready?.[host] === false) friendWaits?.(view.seats[host]?.player.id ?? '', player, code)
      return { match: view }
    }),
  }
}
