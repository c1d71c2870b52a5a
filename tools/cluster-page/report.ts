/** What the cluster page is told. The page in the browser shares it: nothing but types and constants. */

/** Pairs of bots that play if they are let: ten rounds per second or so. */
export const BOT_PAIRS = 12

/**
 * `starting` – runs and has not answered yet; `ready` – answers; `silent` – runs and does not answer; `draining` – was
 * asked to end and says goodbye; `down` – ended unasked and will be started again; `gone` – has ended for good.
 */
export type NodeState = 'starting' | 'ready' | 'silent' | 'draining' | 'down' | 'gone'

export interface NodeReport {
  name: string
  pid: number
  state: NodeState
  /** Epoch ms of the last time that it became ready; null before the first. */
  readySince: number | null
  /** How often it has ended without having been asked to. */
  deaths: number
  /** Sockets at this moment; null while it does not answer. */
  connections: number | null
  /** Rounds that it decides a second; null while it does not answer. */
  roundsPerSecond: number | null
  /** 99 % of script calls took no longer, ms; null without any. */
  stepMs: number | null
}

/** One moment of the whole cluster. Null: nobody could say. */
export interface Point {
  /** Epoch ms. */
  at: number
  ready: number
  /** Sockets by node; a node that does not answer is absent. */
  connections: Record<string, number>
  matches: number | null
  /** Over the last few seconds, of all nodes. */
  roundsPerSecond: number | null
  /** Time from asking Redis for a step of the game to its answer, ms, over the last few seconds. */
  stepMs: { p50: number; p99: number } | null
  /** Facts that are not in MySQL yet. */
  backlog: number | null
}

export type Happening = 'added' | 'killed' | 'stopping' | 'stalled' | 'ended' | 'ready' | 'left' | 'restarting'

/** Counted since the cluster started, from the stores; a node that dies takes nothing of it away. */
export interface Counts {
  /** Rounds that were decided. */
  decided: number
  /** Those of them that MySQL holds. */
  recorded: number
  /** Moves that nodes have acknowledged, as far as each was asked: once per second. */
  acknowledged: number
  /** Rounds that the recorder has passed and MySQL does not hold, and acknowledged moves of bots that it holds otherwise. */
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
  /** How many nodes there may be. */
  most: number
  /** Null if this Redis cannot be followed. */
  counts: Counts | null
  /** Pairs of bots that play. */
  bots: number
}
