/** The goals for what this project costs, relative to its yardsticks: each figure is the median of the repetitions. */
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
} as const
export type Goal = keyof typeof GOALS

export type GoalFigures = Map<Goal, number[]>

/** A line for each goal: the measured ratio, and whether its median meets the goal. Goals that no part measured are left out. */
export function goalTable(figures: GoalFigures): string {
  const rows = [...figures].map(([goal, values]) => {
    const spread = spreadOf(values)
    return [goal, `≤ ${GOALS[goal]}`, show(spread, 2), spread.median <= GOALS[goal] ? 'met' : 'missed']
  })
  return table(['', 'goal', 'measured', ''], rows)
}
