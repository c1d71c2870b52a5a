import type { GameError } from '../game-error.ts'

/**
 * `idle` – not started; `login` – getting credentials; `connecting` – shaking hands, or waiting to try again;
 * `online` – connected; `suspended` – the app is in the background (its connection is kept while it lasts);
 * `offline` – the phone says that it has no network, and nothing has come that proves it wrong (it is tried all the same);
 * `closed` – ended, until `connect()` is called again.
 */
export type ConnectionStatus = 'idle' | 'login' | 'connecting' | 'online' | 'suspended' | 'offline' | 'closed'

/** Why a connection is `closed`: by the app, by a newer connection of the same player, or the server refuses it for good. */
export type CloseReason = 'closed' | 'replaced' | 'refused'

/** All that an app may want to say about its connection. */
export interface ConnectionState {
  readonly status: ConnectionStatus
  /** The last failure; null once online. It stays while the client tries again. */
  readonly error: GameError | null
  /** Set while `status` is `closed`. */
  readonly reason: CloseReason | null
  /** Attempts that failed in a row, and connections that gave no answer. */
  readonly failures: number
}

/** One attempt at a connection, from getting credentials to its end. */
export interface Attempt {
  readonly id: number
  readonly phase: 'login' | 'handshake' | 'up'
  /** Local epoch ms when it came up; 0 before. */
  readonly upAt: number
}

/** All that the machine knows. Times are local epoch ms. */
export interface Machine {
  readonly started: boolean
  readonly reason: CloseReason | null
  readonly error: GameError | null
  readonly visible: boolean
  /** Whether there is believed to be a network, and the last kind of it; empty until it is known. */
  readonly network: boolean
  readonly kind: string
  /** The connection, or the attempt at one. */
  readonly main: Attempt | null
  /** A second attempt beside it, at another node: whichever is ready first stays. */
  readonly rival: Attempt | null
  /** The timer `retry` runs. */
  readonly waiting: boolean
  /** The attempt that is being asked for a sign of life; 0 for none. */
  readonly probing: number
  /** There was reason to ask after that question was sent: its answer may be from before, and it is asked again. */
  readonly doubted: boolean
  readonly failures: number
  /** Handshakes in a row that the server refused for good. */
  readonly refusals: number
  /** Attempts since a server last served this client: the hint that asks for another node. */
  readonly tries: number
  /** Second attempts in a row since an acknowledgement came: each waits longer before the next. */
  readonly overtakes: number
  readonly hiddenAt: number
  /** When an attempt was last given up of which the server may still have heard. */
  readonly givenUpAt: number
  readonly lastId: number
}

export const INITIAL: Machine = {
  started: false,
  reason: null,
  error: null,
  visible: true,
  network: true,
  kind: '',
  main: null,
  rival: null,
  waiting: false,
  probing: 0,
  doubted: false,
  failures: 0,
  refusals: 0,
  tries: 0,
  overtakes: 0,
  hiddenAt: 0,
  givenUpAt: -Infinity,
  lastId: 0,
}

/** The one status that a machine's facts amount to. */
export function statusOf({ started, reason, visible, network, main }: Machine): ConnectionStatus {
  if (reason) return 'closed'
  if (!started) return 'idle'
  if (!visible) return 'suspended'
  if (!network) return 'offline'
  if (!main) return 'connecting'
  return main.phase === 'up' ? 'online' : main.phase === 'login' ? 'login' : 'connecting'
}

/** What the world tells the machine. `id` names the attempt that it is about; one that is over is not listened to. */
export type MachineEvent =
  | { type: 'start'; visible: boolean }
  /** `connect()` was called. */
  | { type: 'connect' }
  | { type: 'close'; reason: CloseReason; error: GameError }
  | { type: 'visible'; visible: boolean }
  /** The host told of the network, by itself or because it was asked; `kind` is `none`, or what there is. */
  | { type: 'network'; kind: string; asked: boolean }
  | { type: 'credentials'; id: number }
  /** There are no credentials. */
  | { type: 'unauthenticated'; id: number; error: GameError }
  | { type: 'up'; id: number }
  | { type: 'down'; id: number; error: GameError }
  /** The server refused the handshake, and what to do about it. */
  | { type: 'refused'; id: number; error: GameError; action: RefusalAction }
  /** Something came from the server. */
  | { type: 'heard'; id: number }
  /** An acknowledgement came: the server serves. */
  | { type: 'served'; id: number }
  /** A handshake or an acknowledgement takes longer than those before. */
  | { type: 'late'; id: number }
  /** Nothing was acknowledged for the whole time that an acknowledgement may take. */
  | { type: 'silent'; id: number }
  | { type: 'probed'; id: number; alive: boolean }
  /** The server says that a newer connection took over. */
  | { type: 'replaced'; id: number }
  /** The server asked to leave it. */
  | { type: 'move'; id: number }
  | { type: TimerName }

export type TimerName = 'retry' | 'hedge' | 'stable'

/**
 * After a refusal: `renew` – try with new credentials, a bounded number of times in a row; `wait` – the credentials are fine, try
 * again later, for ever; `stop` – end the connection.
 */
export type RefusalAction = 'renew' | 'wait' | 'stop'

/** What the machine wants done, in this order. */
export type Effect =
  | { do: 'watch' }
  | { do: 'unwatch' }
  | { do: 'askNetwork' }
  | { do: 'login'; id: number }
  /** Open a connection; `attempt` > 1 asks for another node. `slow`: allow twice the time. `beside`: with the credentials of that one. */
  | { do: 'open'; id: number; attempt: number; slow: boolean; beside: number }
  | { do: 'drop'; id: number }
  | { do: 'probe'; id: number }
  | { do: 'timer'; timer: TimerName; ms: number }
  | { do: 'stop'; timer: TimerName }
  /** This attempt is the connection now. */
  | { do: 'up' }
  /** Those who wait for a connection learn that an attempt failed, or that it is all over. */
  | { do: 'reject'; error: GameError; all: boolean }

/** What the machine needs to know of the moment. */
export interface World {
  /** Local epoch ms. */
  readonly now: number
  /** In [0, 1). */
  readonly random: number
  /** After how many milliseconds a handshake is late; null if there are no second attempts. */
  readonly lateMs: number | null
  /** Whether a sign of life can be asked for. */
  readonly canProbe: boolean
}
