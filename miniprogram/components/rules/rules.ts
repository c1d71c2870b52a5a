import type { Move } from 'caiquan-client'
import { texts } from '../../services/app'

const BEATS: readonly (readonly [Move, Move])[] = [
  ['rock', 'scissors'],
  ['scissors', 'paper'],
  ['paper', 'rock'],
]

/** The rules of the game, on one short screen. */
Component({
  data: {
    beats: BEATS.map(([winner, loser], at) => ({ winner, loser, text: texts().beats[at] ?? '' })),
    lines: texts().ruleLines,
  },
})
