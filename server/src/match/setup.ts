import type { AnyGame } from '../../../games/rules.ts'
import type { MatchMode } from '../../../client-sdk/src/protocol.ts'
import type { Config } from '../config.ts'
import type { MatchSetup, Occupant, Terms } from './match.ts'

type SetupConfig = Pick<
  Config,
  'ROUND_MS' | 'REVEAL_MS' | 'MAX_ROUNDS_FACTOR' | 'MAX_MISSED' | 'BOT_MIN_MS' | 'BOT_MAX_MS' | 'ROOM_WAIT_MS' | 'READY_MS'
>

/** Makes the setups of new matches by the current configuration. @param code that of a room, or null */
export type SetupFactory = (mode: MatchMode, terms: Terms, code: string | null, seats: readonly Occupant[]) => MatchSetup

/** @param format returns the format in which new matches are written */
export function setupFactory(game: AnyGame, config: SetupConfig, format: () => number): SetupFactory {
  return (mode, { bestOf, options }, code, seats) => ({
    format: format(),
    mode,
    bestOf,
    options,
    code,
    seats,
    limits: {
      roundMs: config.ROUND_MS ?? game.roundMs,
      revealMs: config.REVEAL_MS ?? game.revealMs,
      maxRounds: bestOf * config.MAX_ROUNDS_FACTOR,
      maxMissed: config.MAX_MISSED,
      botMinMs: config.BOT_MIN_MS,
      botMaxMs: config.BOT_MAX_MS,
      waitMs: config.ROOM_WAIT_MS,
      readyMs: config.READY_MS,
    },
  })
}
