import type { Commands, MatchView, Move, ServerToClientEvents } from '../protocol.ts'

/**
 * What a team's own game and server add to the contract, given as `createGameClient<MyProtocol>()`. Every part is optional: `move` and
 * `game` are a move of the game and its own part of a view, `commands` are further commands (`{ 'match:chat': { request: Chat; reply: {} }
 * }`), `events` further events (`{ chat: (chat: Chat) => void }`).
 */
export interface GameProtocol {
  move?: unknown
  game?: unknown
  commands?: object
  events?: object
}

/** A move of the game. */
export type MoveOf<P> = P extends { move: infer M } ? M : Move
/** The game's own part of a view. */
export type GameOf<P> = P extends { game: infer G } ? G : unknown
/** A view of a match of the game. */
export type ViewOf<P> = MatchView<MoveOf<P>, GameOf<P>>
/** All commands: those of the contract and the team's own. */
export type CommandsOf<P> = Commands<MoveOf<P>, GameOf<P>> & (P extends { commands: infer C } ? C : unknown)
/** All events from the server: those of the contract and the team's own. */
export type EventsOf<P> = ServerToClientEvents<MoveOf<P>, GameOf<P>> & (P extends { events: infer E } ? E : unknown)

/** A view of a match of any game. */
export type AnyView = MatchView<unknown>
