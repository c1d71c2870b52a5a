/**
 * The whole contract between server and clients: HTTP bodies, Socket.IO events, the MatchView.
 * Times are milliseconds since the epoch unless a name ends in `Ms` (a duration).
 */
import type { WireError } from './errors.ts'

/** The moves of rock–paper–scissors, the game that a cluster plays by default (`GAME`). */
export const MOVES = ['rock', 'paper', 'scissors'] as const
/** A move of rock–paper–scissors; in the types below it stands for the moves of any game, which give their own as `M`. */
export type Move = (typeof MOVES)[number]

export const BEST_OF = [1, 3, 5] as const
/** A match is won by `ceil(bestOf / 2)` round wins. */
export type BestOf = (typeof BEST_OF)[number]

export const QUEUE_MODES = ['ranked', 'casual'] as const
/** Modes whose players are paired from a queue. */
export type QueueMode = (typeof QUEUE_MODES)[number]
export const FIND_MODES = [...QUEUE_MODES, 'practice'] as const
export type FindMode = (typeof FIND_MODES)[number]
export type MatchMode = FindMode | 'room'

/** The fixed set of emotes: free text would need content review. */
export const EMOTES = ['hello', 'good_luck', 'well_played', 'thinking', 'wow', 'oops', 'thanks', 'again'] as const
export type Emote = (typeof EMOTES)[number]

/** Characters of a room code: no 0/O, 1/I/L, 2/Z, 5/S, 8/B or U/V to confuse. */
export const ROOM_CODE_ALPHABET = '34679ACDEFGHJKMNPQRTWXY'
export const ROOM_CODE_LENGTH = 6

export type SeatIndex = 0 | 1

export interface PublicPlayer {
  id: string
  nickname: string
  avatarUrl: string
  rating: number
  wins: number
  losses: number
  draws: number
  /** The player has deleted their account; the nickname says so in the language that they used. */
  deleted?: true
}

/** The state of a nickname or picture that WeChat has to accept before other players see it. */
export type ReviewState = 'pending' | 'rejected'

/** A player as they alone see themselves: with the nickname and picture that await review, which nobody else sees. */
export interface OwnPlayer extends PublicPlayer {
  /**
   * Absent if nothing awaits review and nothing was rejected. A rejected value is not shown: the record has the one before, until the
   * player chooses another.
   */
  review?: { nickname?: ReviewState; avatar?: ReviewState }
}

export interface SeatView {
  player: PublicPlayer
  score: number
  /** The move of this seat in the open round is stored. */
  moved: boolean
  connected: boolean
  bot: boolean
}

/**
 * A decided round: one completed step of the game. In a game of alternating moves each move is a round, and the
 * seat that was not awaited has null.
 */
export interface RoundView<M = Move> {
  round: number
  moves: [M | null, M | null]
  /** The seat that won; null for a draw. */
  winner: SeatIndex | null
  reason: 'moves' | 'timeout'
}

export type ResultReason = 'score' | 'forfeit' | 'no_show' | 'max_rounds'

export interface MatchResult {
  winner: SeatIndex | null
  reason: ResultReason
}

export type MatchStatus = 'waiting' | 'playing' | 'finished'

/**
 * Everything that may be seen of a match; the hidden moves of the open round are never in it.
 * @typeParam M a move of the game
 * @typeParam G the game's own view
 */
export interface MatchView<M = Move, G = unknown> {
  id: string
  /**
   * Grows with every change: a client keeps the highest. It falls only after a fail-over of Redis; such a view has a later `serverTime`.
   */
  version: number
  mode: MatchMode
  code?: string
  bestOf: BestOf
  status: MatchStatus
  /** The open round, from 1. */
  round: number
  /** When the open round closes, Redis time; null while no round is open. */
  deadlineAt: number | null
  /** Redis time when the view was made. */
  serverTime: number
  /** Two seats; one while a room waits for its second player. */
  seats: SeatView[]
  lastRound: RoundView<M> | null
  /** Null while the match runs, and for a room that ended before it began. */
  result: MatchResult | null
  /** After the end: which seats ask for another match. Absent while none does. */
  rematch?: boolean[]
  /** Redis time from which the open round is shown; its deadline counts from here. Absent if the round opened at once. */
  opensAt?: number
  /**
   * Which players are present: connected, and not in the background. Only while a room with two players waits for both: `status` is
   * `waiting`, `round` 0 and `deadlineAt` null; round 1 opens once both are present.
   */
  ready?: boolean[]
  /** What the game itself shows of a match; may differ by seat. Absent in rock–paper–scissors. */
  game?: G
}

export interface QueueView {
  mode: QueueMode
  bestOf: BestOf
  /** When the player entered the queue. */
  since: number
}

// ---- Socket.IO --------------------------------------------------------------------------------

export type Ack<T> = { ok: true; data: T } | { ok: false; error: WireError }
export type AckFn<T> = (reply: Ack<T>) => void
export type Nothing = Record<string, never>

export interface FindRequest {
  mode: FindMode
  bestOf?: BestOf
}
export type FindReply<M = Move, G = unknown> = { state: 'queued' } | { state: 'matched'; match: MatchView<M, G> }
export interface RoomCreateRequest {
  bestOf?: BestOf
}
export interface RoomJoinRequest {
  code: string
}
export type WatchRequest = { matchId: string } | { code: string }
export interface MoveRequest<M = Move> {
  matchId: string
  round: number
  move: M
}
export interface MatchRequest {
  matchId: string
}
export interface EmoteRequest {
  matchId: string
  emote: Emote
}
export interface ForegroundRequest {
  /** Whether the client is in the foreground. A client that never reports it counts as in the foreground. */
  foreground: boolean
}
export interface SyncReply<M = Move, G = unknown> {
  match: MatchView<M, G> | null
  queue: QueueView | null
}

/** Every command: its payload and the data of its acknowledgement. */
export interface Commands<M = Move, G = unknown> {
  'match:find': { request: FindRequest; reply: FindReply<M, G> }
  'match:cancel': { request: Nothing; reply: Nothing }
  'room:create': { request: RoomCreateRequest; reply: { match: MatchView<M, G>; code: string } }
  'room:join': { request: RoomJoinRequest; reply: { match: MatchView<M, G> } }
  'match:watch': { request: WatchRequest; reply: { match: MatchView<M, G> } }
  'match:move': { request: MoveRequest<M>; reply: { version: number } }
  'match:leave': { request: MatchRequest; reply: Nothing }
  'match:rematch': { request: MatchRequest; reply: { match?: MatchView<M, G> } }
  'match:emote': { request: EmoteRequest; reply: Nothing }
  'match:sync': { request: Nothing; reply: SyncReply<M, G> }
  'player:foreground': { request: ForegroundRequest; reply: Nothing }
}
export type CommandName = keyof Commands

/** Commands that carry no payload: their acknowledgement may be the first argument. */
export type BareCommand = 'match:cancel' | 'match:sync'

export type ClientToServerEvents<M = Move, G = unknown> = {
  [E in CommandName]: E extends BareCommand
    ? (ack: AckFn<Commands<M, G>[E]['reply']>) => void
    : (request: Commands<M, G>[E]['request'], ack: AckFn<Commands<M, G>[E]['reply']>) => void
}

/** How many spectators watch a match. */
export interface WatchersEvent {
  matchId: string
  count: number
}

export interface EmoteEvent {
  matchId: string
  seat: SeatIndex
  emote: Emote
}

export interface ServerToClientEvents<M = Move, G = unknown> {
  match: (view: MatchView<M, G>) => void
  emote: (event: EmoteEvent) => void
  /** Sent to players and spectators of a match when the number of its spectators has changed, at most once per second. */
  watchers: (event: WatchersEvent) => void
  /** The receiver's own record changed, or WeChat has decided on their nickname or picture. */
  player: (player: OwnPlayer) => void
  'server:draining': (event: { reconnectWithinMs: number }) => void
  'session:replaced': () => void
}

/** What the client sends with the handshake. */
export interface HandshakeAuth {
  sessionId: string
  /** The client is in the background while it connects; see `player:foreground`. */
  background?: boolean
}

/** Codes of a refused handshake, in `connect_error.data.code`. */
export type HandshakeErrorCode = 'unauthorized' | 'overloaded' | 'draining'

// ---- HTTP -------------------------------------------------------------------------------------

/** The request header that carries the session id. */
export const SESSION_HEADER = 'sessionid'

/** What a player may change. */
export interface ProfileChange extends Profile {
  /** A JPEG, PNG or WebP in base64, at most 256 KiB: replaces `avatarUrl`. */
  avatar?: string
}

export interface Profile {
  nickname?: string
  avatarUrl?: string
}
export interface LoginRequest {
  code: string
  profile?: Profile
}
export interface LoginReply {
  sessionId: string
  expiresAt: number
  player: OwnPlayer
}
export interface SessionReply {
  player: OwnPlayer
  expiresAt: number
}
export interface MeReply {
  player: OwnPlayer
}
export interface LeaderboardEntry {
  rank: number
  player: PublicPlayer
}
export interface LeaderboardReply {
  entries: LeaderboardEntry[]
  me?: LeaderboardEntry
}

/** The whole cluster, as it was at most two seconds ago; `GET /api/online`, for everybody. */
export interface OnlineReply {
  /** Players who are connected. */
  players: number
  /** Matches that have not ended, including rooms that wait for their second player. */
  matches: number
}

/** A match as it is recorded in MySQL. */
export interface RecordedMatch {
  id: string
  mode: MatchMode
  bestOf: BestOf
  seats: { player: PublicPlayer; score: number }[]
  result: MatchResult | null
  startedAt: number
  endedAt: number | null
}
/** A round as it is recorded in MySQL. */
export interface RecordedRound<M = Move> extends RoundView<M> {
  resolvedAt: number
}
export interface MatchesReply {
  matches: RecordedMatch[]
  /** Pass it as `before` to read on; absent at the end. */
  next?: string
}
export interface MatchReply<M = Move> {
  match: RecordedMatch
  rounds: RecordedRound<M>[]
  /** The match is so old that its rounds are in an archive, and not here. */
  archived?: true
}
/** The caller against one opponent, over all recorded matches except practice; and the caller's streak. */
export interface HeadToHeadReply {
  wins: number
  losses: number
  draws: number
  /** Ranked matches in a row that the caller has won, or lost if negative; 0 after a draw, and without any. The last 100 matches count. */
  streak: number
}
export interface HttpErrorBody {
  error: WireError
}
