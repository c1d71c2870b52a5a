/**
 * Whether a history of operations on one match fits one order that respects real time. An operation takes effect at one instant between its
 * call and its reply; a reply that carries a state was read at an instant after that. An operation of unknown outcome may take effect at
 * any time after its call, or never.
 */
import type { Match } from '../../server/src/match/match.ts'
import type { Command, Transitions } from '../../server/src/match/transitions.ts'

export interface Operation {
  /** Null for a read. */
  command: Command | null
  /** Any clock that all operations share. */
  start: number
  end: number
  /** `unknown`: it failed. */
  result: {
    code: 'changed' | 'same' | 'early' | 'refused' | 'unknown'
    error?: string
    /** The refusal is because of the deadline. */ late?: boolean
  }
  /** The state that came with the reply, if any. */
  state: Match | null
}

/** One instant: the effect of an operation, or the state in its reply. */
interface Point {
  operation: Operation
  kind: 'effect' | 'read'
  start: number
  end: number
  /** The point that comes first. */
  after: number | null
}

/** Returns null if there is such an order, or else how far the best one came. */
export function contradiction(history: readonly Operation[], initial: Match, transitions: Transitions): string | null {
  const points: Point[] = []
  for (const operation of history) {
    const { start, result, state } = operation
    const end = result.code === 'unknown' ? Infinity : operation.end
    if (operation.command) points.push({ operation, kind: 'effect', start, end, after: null })
    if (state) points.push({ operation, kind: 'read', start, end, after: operation.command ? points.length - 1 : null })
  }
  points.forEach((point, index) => {
    if (point.kind === 'read' && point.after !== null) point.after = points.indexOf(points[index - 1] as Point)
  })
  const seen = new Set<string>()
  let best = 0

  function search(done: boolean[], count: number, match: Match): boolean {
    best = Math.max(best, count)
    const left = points.filter((_, index) => !done[index])
    if (left.every(({ end }) => end === Infinity)) return true
    const text = JSON.stringify(match)
    const key = `${done.map(Number).join('')}${text}`
    if (seen.has(key)) return false
    seen.add(key)
    // Only an operation that was called before the first reply that is still to be explained can be next.
    const horizon = Math.min(...left.map(({ end }) => end))
    for (const [index, point] of points.entries()) {
      if (done[index] || point.start > horizon || (point.after !== null && !done[point.after])) continue
      const next = carryOut(point, match, text)
      if (!next) continue
      done[index] = true
      if (search(done, count + 1, next)) return true
      done[index] = false
    }
    return false
  }

  function carryOut({ operation, kind }: Point, match: Match, text: string): Match | null {
    if (kind === 'read') return JSON.stringify(operation.state) === text ? match : null
    const { command, result } = operation
    if (!command) return null
    const transition = transitions.apply(match, command, Math.random)
    if (result.code === 'unknown') return transition.outcome === 'changed' ? transition.match : match
    if (result.code === 'changed') return transition.outcome === 'changed' ? transition.match : null
    if (result.code === 'same') return transition.outcome === 'same' ? match : null
    // A guard of time holds or not; the model has no clock.
    if (result.code === 'early' || result.late) return transition.outcome === 'changed' ? match : null
    return transition.outcome === 'refused' && transition.code === result.error ? match : null
  }

  return search(
    points.map(() => false),
    0,
    initial,
  )
    ? null
    : `${best} of ${points.length} instants could be ordered`
}
