/** What was measured of one kind of wait, in milliseconds: its smoothed length and variation (as in RFC 6298). */
export interface RoundTrips {
    readonly mean: number;
    readonly variation: number;
}
/** Nothing was measured yet. */
export declare const UNMEASURED: RoundTrips;
/** Takes one more measurement into account. */
export declare function measured({ mean, variation }: RoundTrips, ms: number): RoundTrips;
/**
 * After how many milliseconds the next one is late: beyond what it took so far with its variation, between the two bounds;
 * the upper one counts from the mean, since no other server answers before the network does.
 */
export declare function lateAfter({ mean, variation }: RoundTrips, minMs: number, maxMs: number): number;
