/** The faults and their times, from nothing but the seed. */
import { between, shuffled } from '../play/random.ts'

export type Target = 'node' | 'recorder' | 'redis' | 'mysql' | 'nginx' | 'clock'
/**
 * kill: SIGKILL; stall: SIGSTOP; drain: SIGTERM. After each the target comes back. reload: nginx's.
 * fill: Redis at its memory limit; refuse: Redis without enough replicas, MySQL read-only. Both reply, and accept no writes.
 * back, forward: the clock of Redis steps, and later steps to the right time again, whatever happens to Redis meanwhile.
 */
export type Action = 'kill' | 'stall' | 'drain' | 'reload' | 'fill' | 'refuse' | 'back' | 'forward'

export interface Fault {
  /** Milliseconds after the start of the run. */
  at: number
  action: Action
  target: Target
  /** Which of several targets, from 0. */
  index: number
  /** How long the target is away, stalled or wrong, milliseconds. */
  lastsMs: number
  /** By how much a clock steps, milliseconds; 0 for all other faults. */
  stepMs: number
}

export interface ScheduleOptions {
  seed: number
  /** Length of the run, milliseconds. */
  ms: number
  nodes: number
  recorders: number
}

interface Kind {
  target: Target
  action: Action
  /** How often it is in the bag that faults are drawn from. */
  share: number
  /** Shortest and longest duration, milliseconds. */
  lasts: readonly [number, number]
  /** Smallest and largest step, milliseconds. */
  steps?: readonly [number, number]
}

/** Long enough for every time-out of ours to pass, short enough that others can take over and the run goes on. */
const KINDS: readonly Kind[] = [
  { target: 'node', action: 'kill', share: 5, lasts: [200, 4000] },
  { target: 'node', action: 'stall', share: 4, lasts: [500, 12_000] },
  { target: 'node', action: 'drain', share: 4, lasts: [0, 2000] },
  { target: 'recorder', action: 'kill', share: 3, lasts: [200, 4000] },
  { target: 'recorder', action: 'stall', share: 2, lasts: [1000, 12_000] },
  { target: 'recorder', action: 'drain', share: 1, lasts: [0, 1000] },
  { target: 'redis', action: 'kill', share: 2, lasts: [100, 3000] },
  { target: 'redis', action: 'stall', share: 1, lasts: [300, 4000] },
  { target: 'redis', action: 'fill', share: 1, lasts: [300, 6000] },
  { target: 'redis', action: 'refuse', share: 1, lasts: [300, 4000] },
  { target: 'mysql', action: 'refuse', share: 1, lasts: [500, 8000] },
  { target: 'mysql', action: 'kill', share: 2, lasts: [500, 8000] },
  { target: 'mysql', action: 'stall', share: 1, lasts: [500, 6000] },
  { target: 'mysql', action: 'drain', share: 1, lasts: [500, 5000] },
  { target: 'nginx', action: 'kill', share: 1, lasts: [100, 2000] },
  { target: 'nginx', action: 'reload', share: 2, lasts: [0, 0] },
  { target: 'clock', action: 'back', share: 1, lasts: [8000, 20_000], steps: [-2000, -40_000] },
  { target: 'clock', action: 'forward', share: 1, lasts: [8000, 20_000], steps: [2000, 40_000] },
]

const FIRST_MS = 3000
const GAP_MS = [1000, 5500] as const
/** How long a target needs to recover after it was started. */
const RECOVERY_MS = 4000
/** No fault starts so close before the end. */
const LAST_MS = 5000

/** What each kind has in the bag in addition to its first. */
const MORE = KINDS.flatMap((kind) => Array.from({ length: kind.share - 1 }, () => kind))

/**
 * Every kind comes up once, so that a short run has all of them, and then more often by its share; and so on. Faults overlap, but no target
 * is hit while it is down, and one node and one recorder are always left alone.
 */
export function plan(random: () => number, { ms, nodes, recorders }: Omit<ScheduleOptions, 'seed'>): Fault[] {
  const faults: Fault[] = []
  const busyUntil = new Map<string, number>()
  const counts: Record<Target, number> = { node: nodes, recorder: recorders, redis: 1, mysql: 1, nginx: 1, clock: 1 }
  let bag: Kind[] = []
  for (let at = FIRST_MS; at < ms - LAST_MS; at += between(random, ...GAP_MS)) {
    if (bag.length === 0) bag = [...shuffled(random, KINDS), ...shuffled(random, MORE)]
    const isFree = (target: Target, index: number): boolean => (busyUntil.get(`${target}${index}`) ?? 0) <= at
    const free = (target: Target): number[] =>
      Array.from({ length: counts[target] }, (_, index) => index).filter((index) => isFree(target, index))
    const possible = (target: Target): boolean => free(target).length > (counts[target] > 1 ? 1 : 0)
    // A fault that cannot happen now stays in the bag for later.
    const kind = bag.find(({ target }) => possible(target))
    if (!kind) continue
    bag.splice(bag.indexOf(kind), 1)
    const indices = free(kind.target)
    const index = indices[Math.floor(random() * indices.length)] ?? 0
    const lastsMs = Math.round(between(random, ...kind.lasts))
    const stepMs = kind.steps ? Math.round(between(random, ...kind.steps)) : 0
    faults.push({ at: Math.round(at), action: kind.action, target: kind.target, index, lastsMs, stepMs })
    busyUntil.set(`${kind.target}${index}`, at + lastsMs + RECOVERY_MS)
  }
  return faults
}
