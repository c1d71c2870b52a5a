/** The goals for what this project costs, most of them relative to its yardsticks: each figure is the median of the repetitions. */
import { show, spreadOf, table } from './statistics.ts'

export const GOALS = {
  'nodes ÷ Colyseus with messages, 400 rounds/s': 0.75,
  'nodes ÷ plain Socket.IO, 400 rounds/s': 1.6,
  'nodes ÷ plain Socket.IO, saturated': 1.5,
  'nodes ÷ plain Socket.IO, 100 rounds/s': 2,
  'nodes + Redis + MySQL ÷ plain Socket.IO, 400 rounds/s': 2.2,
  'p99 ÷ plain Socket.IO, direct, 250 rounds/s': 2,
  'p99 ÷ plain Socket.IO, nginx with TLS, 250 rounds/s': 2.5,
  'memory of an idle connection ÷ plain Socket.IO': 1.05,
  'Redis commands per match made': 30,
  'reconnect storm of 1,000 players: p99 back online, ms': 2000,
} as const
export type Goal = keyof typeof GOALS

export type GoalFigures = Map<Goal, number[]>

/** Digits after the decimal point: ratios have two, a figure has fewer the larger it is. */
const digitsOf = (limit: number): number => (limit < 10 ? 2 : limit < 100 ? 1 : 0)

/** A line for each goal: the measured figure, and whether its median meets the goal. Goals that no part measured are left out. */
export function goalTable(figures: GoalFigures): string {
  const rows = [...figures].map(([goal, values]) => {
    const spread = spreadOf(values)
    return [
      goal,
      `≤ ${GOALS[goal].toLocaleString('en-US')}`,
      show(spread, digitsOf(GOALS[goal])),
      spread.median <= GOALS[goal] ? 'met' : 'missed',
    ]
  })
  return table(['', 'goal', 'measured', ''], rows)
}
