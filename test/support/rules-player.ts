import { inject } from 'vitest'
import { chooseMove } from '../../tools/play/moves.ts'
import { loadGame } from '../../server/src/game.ts'
import type { AnyGame, Seat } from '../../games/rules.ts'
import type { AnyMatchView, TestPlayer } from './player.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The name of the game that the tests of a project play. */
    game: string
  }
}

/** The game that this project's tests play. */
export const testGame = (): Promise<AnyGame> => loadGame(inject('game'))

/** The longest match of the game: its largest bestOf. */
export const longest = ({ bestOf }: AnyGame): 1 | 3 | 5 => Math.max(...bestOf) as 1 | 3 | 5
export const shortest = ({ bestOf }: AnyGame): 1 | 3 | 5 => Math.min(...bestOf) as 1 | 3 | 5

/** A move that the rules allow this player, at random or as a bot would play; null if no move of theirs is awaited. */
export function anyMove(game: AnyGame, { player }: Pick<TestPlayer, 'player'>, random: () => number): (view: AnyMatchView) => unknown {
  return (view) => {
    const seat = view.seats.findIndex((each) => each.player.id === player.id) as Seat
    return chooseMove(game, view, seat, random)
  }
}
