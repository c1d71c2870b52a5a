import type { GameError } from '../game-error.ts'

/**
 * `idle` – not started; `login` – getting a session; `connecting` – shaking hands, or waiting to try again;
 * `online` – connected; `suspended` – the app is in the background (its connection is kept while it lasts);
 * `offline` – the phone has no network; `closed` – ended, until `connect()` is called again.
 */
export type ConnectionStatus = 'idle' | 'login' | 'connecting' | 'online' | 'suspended' | 'offline' | 'closed'

/** Why a connection is `closed`: by the app, by a newer connection of the same player, or login is refused for good. */
export type CloseReason = 'closed' | 'replaced' | 'refused'

/** All that an app may want to say about its connection. */
export interface ConnectionState {
  readonly status: ConnectionStatus
  /** The last failure; null once online. It stays while the client tries again. */
  readonly error: GameError | null
  /** Set while `status` is `closed`. */
  readonly reason: CloseReason | null
  /** Attempts that failed in a row. */
  readonly failures: number
}

/** Where the connection itself is, whatever the app and the phone are doing. */
export type Phase = 'down' | 'login' | 'handshake' | 'waiting' | 'up'

/** All that the status follows from. */
export interface Facts {
  started: boolean
  reason: CloseReason | null
  visible: boolean
  network: boolean
  phase: Phase
}

/** The one status that these facts amount to. */
export function statusOf({ started, reason, visible, network, phase }: Facts): ConnectionStatus {
  if (reason) return 'closed'
  if (!started) return 'idle'
  if (!visible) return 'suspended'
  if (!network) return 'offline'
  if (phase === 'up') return 'online'
  return phase === 'login' ? 'login' : 'connecting'
}

/** Whether it makes sense to try to connect now. */
export function mayConnect({ started, reason, visible, network }: Facts): boolean {
  return started && !reason && visible && network
}

/** What to do with the connection after the world has changed: ask whether it lives, or make a new one. */
export type Remedy = 'probe' | 'renew'

/**
 * After the app was in the background for `awayMs`. Phones drop sockets there without a close event,
 * so after a long absence nothing is assumed to live, nor a handshake that was under way after any. A clock that
 * ran backwards counts as long.
 */
export function afterShow(phase: Phase, awayMs: number, longMs: number): Remedy {
  return phase === 'up' && awayMs >= 0 && awayMs < longMs ? 'probe' : 'renew'
}

/** After the network came back or changed: another kind of network is another address, so the socket is dead. */
export function afterNetwork(phase: Phase, before: string, now: string): Remedy {
  return phase === 'up' && kind(before) === kind(now) ? 'probe' : 'renew'
}

function kind(type: string): string {
  return /^\dg$/.test(type) ? 'cellular' : type
}
