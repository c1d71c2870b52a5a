import type { z } from 'zod'
import type { CommandName, Commands, MatchView, PublicPlayer } from '../../client-sdk/src/protocol.ts'
import type { Matches } from '../game/matches.ts'
import type { Matchmaker } from '../game/matchmaker.ts'
import type { Rooms } from '../game/rooms.ts'
import { seatOf, viewOf, type MatchState } from '../game/state.ts'
import type { Whereabouts } from '../game/whereabouts.ts'
import { parseRate, type Rate } from '../limits.ts'
import { emoteRequest, findRequest, matchRequest, moveRequest, nothing, roomCreateRequest, roomJoinRequest, watchRequest } from './schemas.ts'

/** Who asks. */
export interface Caller {
  player: PublicPlayer
  /** His connection, as seats and tickets know it. */
  connection: string
  /** Has this socket get the views of a match as a spectator, instead of those of another; settles once it does. */
  follow(match: string): Promise<void>
}

export interface Command<E extends CommandName> {
  /** How often one socket may ask. */
  rate: Rate
  schema: z.ZodType
  run(caller: Caller, request: Commands[E]['request']): Promise<Commands[E]['reply']>
}
export type CommandTable = { [E in CommandName]?: Command<E> }

export interface CommandsOptions {
  matches: Matches
  matchmaker: Matchmaker
  rooms: Rooms
  whereabouts: Whereabouts
}

const DEFAULT_BEST_OF = 3

/**
 * Every command that clients may send: its limit (in the long run a second / at once; `LIMITS` of the
 * configuration replaces it), its schema, what it does.
 */
export function createCommands({ matches, matchmaker, rooms, whereabouts }: CommandsOptions): CommandTable {
  const define = <E extends CommandName>(rate: `${number}/${number}`, schema: z.ZodType, run: Command<E>['run']): Command<E> => ({ rate: parseRate(rate), schema, run })

  /** The view of a match that he is in. A seat that a connection of before plays is this one's from now on. */
  async function viewHere({ state, now }: { state: MatchState; now: number }, player: string, connection: string): Promise<MatchView> {
    const seat = seatOf(state, player)
    const lost = seat !== null && state.status !== 'finished' && state.seats[seat]?.connection !== connection
    return (lost && (await matches.presence(state.id, player, connection, true))) || viewOf(state, now)
  }

  return {
    'match:move': define<'match:move'>('20/60', moveRequest, async ({ player }, { matchId, round, move }) => ({
      version: await matches.move(matchId, player.id, round, move),
    })),
    'match:find': define<'match:find'>('5/30', findRequest, ({ player, connection }, { mode, bestOf = DEFAULT_BEST_OF }) =>
      mode === 'practice' ? matchmaker.practice(player.id, connection, bestOf) : matchmaker.find(player.id, connection, mode, bestOf),
    ),
    'match:cancel': define<'match:cancel'>('5/30', nothing, async ({ player }) => {
      await matchmaker.cancel(player.id)
      return {}
    }),
    'match:leave': define<'match:leave'>('5/30', matchRequest, async ({ player }, { matchId }) => {
      await matches.leave(matchId, player.id)
      await whereabouts.release(player.id, matchId)
      return {}
    }),
    'match:rematch': define<'match:rematch'>('2/10', matchRequest, async ({ player }, { matchId }) => {
      const match = await matchmaker.rematch(player.id, matchId)
      return match ? { match } : {}
    }),
    'match:emote': define<'match:emote'>('1/4', emoteRequest, async ({ player }, { matchId, emote }) => {
      await matches.emote(matchId, player.id, emote)
      return {}
    }),
    'match:watch': define<'match:watch'>('2/20', watchRequest, async ({ follow }, request) => {
      const match = 'matchId' in request ? request.matchId : await rooms.find(request.code)
      await follow(match)
      return { match: await matches.watch(match) }
    }),
    'match:sync': define<'match:sync'>('10/50', nothing, async ({ player, connection }) => {
      const [here, queue] = await Promise.all([whereabouts.current(player.id), matchmaker.queued(player.id)])
      return { match: here ? await viewHere(here, player.id, connection) : null, queue }
    }),
    'room:create': define<'room:create'>('1/10', roomCreateRequest, async ({ player, connection }, { bestOf = DEFAULT_BEST_OF }) => {
      await matchmaker.cancel(player.id)
      return rooms.create(player.id, connection, bestOf)
    }),
    // Codes can be guessed: at this rate one socket needs years to find one room among a hundred.
    'room:join': define<'room:join'>('1/20', roomJoinRequest, async ({ player, connection }, { code }) => {
      await matchmaker.cancel(player.id)
      return { match: await rooms.join(player.id, connection, code) }
    }),
  }
}
