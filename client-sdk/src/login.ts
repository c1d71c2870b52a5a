/** `caiquan-client/login`: the login alone, for any server that accepts WeChat's codes. */
export { createLogin, type CreateLoginOptions } from './login/create.ts'
export type { Login } from './login/login.ts'
export { GameError, type AnyErrorCode, type ClientErrorCode, type ErrorFacts, type GameErrorOptions } from './game-error.ts'
