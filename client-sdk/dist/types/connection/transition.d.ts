import { type Effect, type Machine, type MachineEvent, type World } from './state.ts';
import type { Timing } from './timing.ts';
/** Refused handshakes in a row after which the connection ends. */
export declare const MAX_REFUSALS = 5;
/** Between attempts while the host says that the app is hidden, milliseconds: it may have forgotten to say that it is shown. */
export declare const HIDDEN_RETRY_MS = 30000;
/**
 * The whole behaviour of a connection, without a clock, chance or I/O: from what it knows and what happens to what it knows
 * then and what is to be done. At every moment after the start and before the end there is an attempt, a connection, or a
 * timer that leads to one, whatever the host says of visibility and network. Neither the machine nor the event is changed.
 */
export declare function transition(machine: Machine, event: MachineEvent, world: World, timing: Timing): [Machine, Effect[]];
