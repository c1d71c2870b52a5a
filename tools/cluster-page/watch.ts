import { histogramQuantile, together } from './reading.ts'
import type { ClusterEvent, ClusterReport, Happening, Point } from './report.ts'
import type { StoreCounts } from './tally.ts'
import { WatchedNode, type WatchedService } from './watched.ts'

const EVERY_MS = 1000
/** Five minutes: what the charts show. */
const POINTS = 300
const EVENTS = 50
/** How long a node that has left for good is still named. */
const REMEMBER_MS = 20_000

/**
 * Watches the nodes from outside, one reading per second, and keeps a few minutes of them in memory, which outlive each node. Nodes that
 * come and go are noticed automatically.
 */
export class Watch {
  #points: Point[] = []
  #events: ClusterEvent[] = []
  readonly #watched = new Map<WatchedService, WatchedNode>()
  readonly #left = new Map<WatchedService, number>()
  readonly #listeners = new Set<(report: ClusterReport) => void>()
  readonly #nodes: () => readonly WatchedService[]
  readonly #most: number
  /** What was counted in the stores, and how many pairs of bots play. */
  readonly #beside: () => { counts: StoreCounts | null; bots: number }
  /** Moves of nodes that are not watched any more. */
  #movesOfGone = 0
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(nodes: () => readonly WatchedService[], most: number, beside: () => { counts: StoreCounts | null; bots: number }) {
    this.#nodes = nodes
    this.#most = most
    this.#beside = beside
    this.#follow()
    void this.#tick()
  }

  /** Calls the listener with everything that is known now, then with what is new. @returns a function that ends it */
  subscribe(listener: (report: ClusterReport) => void): () => void {
    this.#listeners.add(listener)
    listener(this.#report(true, this.#points))
    return () => this.#listeners.delete(listener)
  }

  /** Notes an action on a node. */
  note(node: string, what: Happening): void {
    this.#events = [...this.#events, { at: Date.now(), node, what }].slice(-EVENTS)
    for (const listener of this.#listeners) listener(this.#report(false, []))
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const node of this.#watched.values()) node.release()
    this.#listeners.clear()
  }

  async #tick(): Promise<void> {
    const begun = performance.now()
    this.#follow()
    await Promise.all([...this.#watched.values()].map((node) => node.read()))
    if (this.#closed) return
    const point = pointOf([...this.#watched.values()])
    this.#points = [...this.#points, point].slice(-POINTS)
    for (const listener of this.#listeners) listener(this.#report(false, [point]))
    this.#timer = setTimeout(() => void this.#tick(), Math.max(50, EVERY_MS - (performance.now() - begun)))
  }

  #follow(): void {
    for (const service of this.#nodes()) {
      if (!this.#watched.has(service)) this.#watched.set(service, new WatchedNode(service, (what) => this.note(service.name, what)))
    }
    for (const [service, node] of this.#watched) {
      if (node.state !== 'gone') continue
      const since = this.#left.get(service) ?? Date.now()
      this.#left.set(service, since)
      if (Date.now() - since < REMEMBER_MS) continue
      node.release()
      this.#movesOfGone += node.moves
      this.#watched.delete(service)
      this.#left.delete(service)
    }
  }

  #report(first: boolean, points: Point[]): ClusterReport {
    const { counts, bots } = this.#beside()
    const acknowledged = [...this.#watched.values()].reduce((sum, { moves }) => sum + moves, this.#movesOfGone)
    return {
      first,
      points,
      bots,
      counts: counts && { ...counts, acknowledged },
      nodes: [...this.#watched.values()].map(({ report }) => report),
      events: this.#events,
      most: this.#most,
    }
  }
}

function pointOf(nodes: WatchedNode[]): Point {
  const answering = nodes.flatMap(({ service, reading }) => (reading ? [{ name: service.name, reading }] : []))
  // Each node reports the whole cluster's value, a moment apart: the largest is the newest if they differ.
  const most = (pick: 'matches' | 'backlog'): number | null =>
    answering.length === 0 ? null : Math.max(...answering.map(({ reading }) => reading[pick]))
  const steps = together(nodes.flatMap(({ progress }) => progress))
  const [p50, p99] = [histogramQuantile(steps, 0.5), histogramQuantile(steps, 0.99)]
  return {
    at: Date.now(),
    ready: nodes.filter(({ state }) => state === 'ready').length,
    connections: Object.fromEntries(answering.map(({ name, reading }) => [name, reading.connections])),
    matches: most('matches'),
    backlog: most('backlog'),
    roundsPerSecond: answering.length === 0 ? null : nodes.reduce((total, { roundsPerSecond }) => total + (roundsPerSecond ?? 0), 0),
    stepMs: p50 === null || p99 === null ? null : { p50: p50 * 1000, p99: p99 * 1000 },
  }
}
