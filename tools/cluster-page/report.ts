/** What the cluster page receives. The page in the browser shares it: nothing but types and constants. */

/** Pairs of bots that play if they are started: about ten rounds per second. */
export const BOT_PAIRS = 12

/**
 * `starting` – runs and has not replied yet; `ready` – replies; `silent` – runs and does not reply; `draining` – was asked to end and
 * drains; `down` – ended unexpectedly and will be started again; `gone` – has ended for good.
 */
export type NodeState = 'starting' | 'ready' | 'silent' | 'draining' | 'down' | 'gone'

export interface NodeReport {
  name: string
  pid: number
  state: NodeState
  /** Epoch ms of the last time that it became ready; null before the first. */
  readySince: number | null
  /** How often it has ended unexpectedly. */
  deaths: number
  /** Sockets at this moment; null while it does not reply. */
  connections: number | null
  /** Rounds that it decides per second; null while it does not reply. */
  roundsPerSecond: number | null
  /** The 99th percentile of script calls, ms; null without any. */
  stepMs: number | null
}

/** One moment of the whole cluster. Null: unknown. */
export interface Point {
  /** Epoch ms. */
  at: number
  ready: number
  /** Sockets by node; a node that does not reply is absent. */
  connections: Record<string, number>
  matches: number | null
  /** Over the last few seconds, of all nodes. */
  roundsPerSecond: number | null
  /** Time from a script call to Redis' reply, ms, over the last few seconds. */
  stepMs: { p50: number; p99: number } | null
  /** Events that are not in MySQL yet. */
  backlog: number | null
}

export type Happening = 'added' | 'killed' | 'stopping' | 'stalled' | 'ended' | 'ready' | 'left' | 'restarting'

/** Counted since the cluster started, from the stores; the death of a node takes nothing away. */
export interface Counts {
  /** Rounds that were decided. */
  decided: number
  /** Decided rounds that MySQL holds. */
  recorded: number
  /** Moves that nodes have acknowledged, as far as each was read: once per second. */
  acknowledged: number
  /** Rounds that the recorder has passed and MySQL does not hold, and acknowledged moves of bots that it holds differently. */
  lost: number
  /** Rounds that were decided more than once. */
  twice: number
}

export interface ClusterEvent {
  at: number
  /** A node, or `redis`. */
  node: string
  what: Happening
}

/** A message of the stream. The first one of a connection brings the whole history, later ones one point. */
export interface ClusterReport {
  first: boolean
  nodes: NodeReport[]
  points: Point[]
  /** The last ones, oldest first. */
  events: ClusterEvent[]
  /** The largest number of nodes. */
  most: number
  /** Null if this Redis cannot be followed. */
  counts: Counts | null
  /** Pairs of bots that play. */
  bots: number
}
