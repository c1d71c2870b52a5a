/** `caiquan-client/connection`: a connection to any Socket.IO server, without the game. */
export * from './transport.ts'
export { ERRORS, type ErrorCode, type WireError } from './errors.ts'
export { GameError, type AnyErrorCode, type ClientErrorCode, type ErrorFacts, type GameErrorOptions } from './game-error.ts'

export { createConnection, type CreateConnectionOptions } from './connection/create.ts'
export type { Connection, Refusal, RequestOptions } from './connection/types.ts'
export type { AnyCommands, AnyEvents, EventArgs, ReplyOf, RequestArgs, RequestOf } from './connection/commands.ts'
export type { CloseReason, ConnectionState, ConnectionStatus, RefusalAction } from './connection/state.ts'
export type { IoLike, Link, SocketLike } from './connection/link.ts'
export type { Listeners } from './util/listeners.ts'
export type { Timing } from './connection/timing.ts'
export type { BackoffOptions } from './connection/backoff.ts'

export type { Host, HttpRequest, HttpResponse } from './host/host.ts'
export type { HostOptions } from './host/options.ts'
export type { WebHostOptions } from './host/web.ts'
