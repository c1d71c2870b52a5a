import type { SeatIndex } from '../protocol.ts';
import type { AnyView } from './protocol-types.ts';
/** Whether it has what every view of a match has; what else the server sends is not taken over. */
export declare const isView: (value: unknown) => value is AnyView;
/** The seat of this player, or null for a spectator. */
export declare function seatOf(view: AnyView | null, playerId: string | undefined): SeatIndex | null;
/**
 * Which of two views to keep when one is pushed. Of one match, the higher version, or another state that was read
 * later: when a Redis replica took over that lacked the last moment, versions have gone back. Of two, the player's
 * own before one that is watched (watching another begins with a command, not with a push), one that
 * is played before one that is over, and then the later.
 */
export declare function selectView<V extends AnyView>(current: V | null, incoming: V, playerId: string | undefined): V;
/** How a view answers the question whether a move counted. */
export type MoveFate = 'missing' | 'counted' | 'superseded' | 'unknown';
/**
 * What `view` says of a move: `missing` from the open round, `counted` in the round just decided, `superseded` by
 * another or by nothing, or `unknown`: the view is older, of another match or rounds later, or it shows that
 * there is a move, which may be another one, from before the app was restarted.
 */
export declare function fateOf(view: AnyView, seat: SeatIndex, matchId: string, round: number, move: unknown): MoveFate;
