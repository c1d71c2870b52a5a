/**
 * The one catalogue of errors that server and clients share.
 *
 * `temporary` says whether the same request may succeed later without a change by the caller; `http` is the status if the error is the
 * reply to an HTTP call.
 */
export const ERRORS = {
  bad_request: { http: 400, temporary: false, message: 'The request is not valid.' },
  unknown_event: { http: 404, temporary: false, message: 'There is no such event.' },
  invalid_code: { http: 401, temporary: false, message: 'WeChat does not accept this login code: call wx.login again.' },
  unauthorized: { http: 401, temporary: false, message: 'Not logged in: send a valid session id.' },
  session_expired: { http: 401, temporary: false, message: 'The session has ended: log in again.' },
  blocked: { http: 403, temporary: false, message: 'WeChat has blocked this account.' },
  not_found: { http: 404, temporary: false, message: 'There is nothing here.' },
  match_not_found: { http: 404, temporary: false, message: 'There is no such match.' },
  not_your_match: { http: 403, temporary: false, message: 'You have no seat in this match.' },
  match_finished: { http: 409, temporary: false, message: 'The match is over.' },
  match_not_playing: { http: 409, temporary: false, message: 'The match has not begun.' },
  match_running: { http: 409, temporary: false, message: 'The match is not over yet.' },
  stale_round: { http: 409, temporary: false, message: 'This round is not open: look at the current view.' },
  already_moved: { http: 409, temporary: false, message: 'You have already moved in this round.' },
  illegal_move: { http: 409, temporary: false, message: 'The rules of the game do not allow this move.' },
  not_your_turn: { http: 409, temporary: false, message: 'This round awaits a move of your opponent.' },
  room_not_found: { http: 404, temporary: false, message: 'There is no room with this code.' },
  room_full: { http: 409, temporary: false, message: 'Both seats of this room are taken.' },
  room_closed: { http: 409, temporary: false, message: 'This room is no longer open.' },
  in_match: { http: 409, temporary: false, message: 'You are in another match: finish or leave it first.' },
  opponent_left: { http: 409, temporary: false, message: 'Your opponent is in another match.' },
  connection_replaced: { http: 409, temporary: false, message: 'Another connection of yours has taken over.' },
  rate_limited: { http: 429, temporary: true, message: 'Too many requests: wait a little.' },
  overloaded: { http: 503, temporary: true, message: 'This server cannot take more at the moment: try again.' },
  draining: { http: 503, temporary: true, message: 'This server is shutting down: connect again.' },
  wechat_unavailable: { http: 503, temporary: true, message: 'WeChat does not answer: try again.' },
  unavailable: { http: 503, temporary: true, message: 'A part of the service is away: try again.' },
  internal: { http: 500, temporary: true, message: 'The server failed on this request.' },
} as const satisfies Record<string, { http: number; temporary: boolean; message: string }>

/** A code of the catalogue. */
export type ErrorCode = keyof typeof ERRORS

/** An error in its wire form. */
export interface WireError {
  code: ErrorCode
  message: string
  /** Milliseconds to wait before the same request may succeed. */
  retryAfterMs?: number
  /** Further details, passed on to the caller unchanged. */
  details?: unknown
  /** Whether the same request may succeed later; for codes that are not in the catalogue. */
  temporary?: boolean
}

/** Builds the wire form of a catalogue error; `message` replaces the catalogue's text. */
export function wireError(code: ErrorCode, message?: string, retryAfterMs?: number): WireError {
  const error: WireError = { code, message: message ?? ERRORS[code].message }
  if (retryAfterMs !== undefined) error.retryAfterMs = retryAfterMs
  return error
}
