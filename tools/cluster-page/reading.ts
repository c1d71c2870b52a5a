import type { Sample } from './exposition.ts'

/** What one node reports, in the form that the page needs. Counters count from the start of its process. */
export interface Reading {
  connections: number
  /** Of the cluster; absent while the node cannot read Redis. */
  matches: number
  backlog: number
  rounds: number
  /** Moves that were acknowledged. */
  moves: number
  /** Script calls that took up to this many seconds: upper bound → count, cumulative. */
  steps: Map<number, number>
}

const sum = (samples: Sample[], name: string): number =>
  samples.reduce((total, sample) => (sample.name === name ? total + sample.value : total), 0)

export function readingOf(samples: Sample[]): Reading {
  const steps = new Map<number, number>()
  for (const { name, labels, value } of samples) {
    if (name !== 'caiquan_script_seconds_bucket') continue
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le'])
    steps.set(bound, (steps.get(bound) ?? 0) + value)
  }
  return {
    connections: sum(samples, 'caiquan_connections'),
    matches: sum(samples, 'caiquan_matches_open'),
    backlog: sum(samples, 'caiquan_outbox_backlog'),
    rounds: sum(samples, 'caiquan_rounds_total'),
    moves: sum(
      samples.filter(({ labels }) => labels['event'] === 'match:move' && labels['outcome'] === 'ok'),
      'caiquan_commands_total',
    ),
    steps,
  }
}

/** What happened between two readings. */
export interface Progress {
  ms: number
  rounds: number
  moves: number
  steps: Map<number, number>
}

/** A node that was restarted counts from 0 again: then everything it counted is new. */
export function progressOf(before: Reading | null, now: Reading, ms: number): Progress {
  const restarted = !before || now.rounds < before.rounds || (now.steps.get(Infinity) ?? 0) < (before.steps.get(Infinity) ?? 0)
  const steps = new Map([...now.steps].map(([bound, count]) => [bound, count - (restarted ? 0 : (before.steps.get(bound) ?? 0))]))
  return { ms, rounds: now.rounds - (restarted ? 0 : before.rounds), moves: now.moves - (restarted ? 0 : before.moves), steps }
}

export function together(parts: Progress[]): Map<number, number> {
  const steps = new Map<number, number>()
  for (const part of parts) for (const [bound, count] of part.steps) steps.set(bound, (steps.get(bound) ?? 0) + count)
  return steps
}

/** The quantile `q` of a cumulative histogram, as Prometheus' histogram_quantile computes it; null if it is empty. */
export function histogramQuantile(steps: Map<number, number>, q: number): number | null {
  const bounds = [...steps].sort(([a], [b]) => a - b)
  const total = bounds.at(-1)?.[1] ?? 0
  if (total <= 0) return null
  const rank = q * total
  let [low, below] = [0, 0]
  for (const [bound, count] of bounds) {
    if (count >= rank) {
      if (bound === Infinity) return low
      return count === below ? bound : low + ((bound - low) * (rank - below)) / (count - below)
    }
    ;[low, below] = [bound, count]
  }
  return low
}
