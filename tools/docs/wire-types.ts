/** What the API documents are made of: the types of the protocol, each under the name by which a document asks for it. */
import type {
  CommandName,
  Commands,
  EmoteEvent,
  HandshakeAuth,
  HandshakeErrorCode,
  HeadToHeadReply,
  HttpErrorBody,
  LeaderboardReply,
  LoginReply,
  LoginRequest,
  MatchesReply,
  MatchReply,
  MatchView,
  MeReply,
  OnlineReply,
  OwnPlayer,
  ProfileChange,
  ServerToClientEvents,
  SessionReply,
  WatchersEvent,
} from '../../client-sdk/src/protocol.ts'
import type { WireError } from '../../client-sdk/src/errors.ts'

/** A move of the cluster's game. */
export type GameMove = unknown

/** Events to clients that carry a payload. */
export interface Events {
  match: MatchView<GameMove>
  emote: EmoteEvent
  watchers: WatchersEvent
  player: OwnPlayer
  'server:draining': {
    /** Within how many milliseconds the server closes the connection: connect again at a random time before that. */
    reconnectWithinMs: number
  }
}

type Payloads = {
  [E in Exclude<keyof ServerToClientEvents, 'session:replaced'>]: Parameters<ServerToClientEvents<GameMove>[E]>[0]
}
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false
/** Does not compile if `Events` differs from what the server may emit. */
export const eventsAreComplete: Same<Events, Payloads> = true

/** `data` of `connect_error`. */
export interface HandshakeRefusal extends WireError {
  code: HandshakeErrorCode | 'internal'
}

/** The root: the generator looks up nothing else. */
export interface Wire {
  requests: { [E in CommandName]: Commands<GameMove>[E]['request'] }
  replies: { [E in CommandName]: Commands<GameMove>[E]['reply'] }
  events: Events
  handshake: HandshakeAuth
  refusal: HandshakeRefusal
  login: { request: LoginRequest; reply: LoginReply }
  session: SessionReply
  me: { request: ProfileChange; reply: MeReply }
  leaderboard: LeaderboardReply
  matches: MatchesReply
  match: MatchReply<GameMove>
  headToHead: HeadToHeadReply
  online: OnlineReply
  error: HttpErrorBody
}
