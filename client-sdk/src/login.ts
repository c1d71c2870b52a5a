/** `caiquan-client/login`: the login by itself, for any server that takes WeChat's codes. */
export { createLogin, type CreateLoginOptions } from './login/create.ts'
export type { Login } from './login/login.ts'
export { GameError, type AnyErrorCode, type ClientErrorCode, type ErrorFacts, type GameErrorOptions } from './game-error.ts'
