import type { BackoffOptions } from './backoff.ts'

/** Every time-out of a connection, in milliseconds. The defaults are made for a game with rounds of 10 s. */
export interface Timing extends BackoffOptions {
  /** From opening a socket to the server's welcome; twice that after a failure. Default 5000. */
  connectTimeoutMs: number
  /** Until an acknowledgement is overdue and the connection counts as dead, unless it acknowledged something else. Default 4000. */
  ackTimeoutMs: number
  /** How long a command may take in total, repeats and reconnections included. Default 12000. */
  commandTimeoutMs: number
  /** Until a probe is overdue and the connection counts as dead. Default 2000. */
  probeTimeoutMs: number
  /** After an absence of this length the connection is replaced without a probe. Default 10000. */
  longAbsenceMs: number
  /** A connection that lived this long starts its back-off from the beginning when it breaks. Default 5000. */
  stableMs: number
  /** Until an HTTP request, a login or `auth` is given up. Default 8000. */
  requestTimeoutMs: number
  /** With `hedge`: the shortest time after which a handshake or an acknowledgement is late. Default 800. */
  lateMinMs: number
  /** With `hedge`: the longest, not counting the measured round trips. Default 1500. */
  lateMaxMs: number
}

export const TIMING: Timing = {
  minDelayMs: 250,
  maxDelayMs: 2500,
  slowDelayMs: 10_000,
  patience: 40,
  connectTimeoutMs: 5000,
  ackTimeoutMs: 4000,
  commandTimeoutMs: 12_000,
  probeTimeoutMs: 2000,
  longAbsenceMs: 10_000,
  stableMs: 5000,
  requestTimeoutMs: 8000,
  lateMinMs: 800,
  lateMaxMs: 1500,
}
