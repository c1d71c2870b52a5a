/**
 * A transport class as `transports: […]` takes it, of this package's `io` and of the official one.
 * (It is not made to be constructed by hand: Engine.IO does that.)
 */
export type TransportConstructor = new (options: object) => never;
