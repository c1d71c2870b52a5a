/**
 * A transport class for `transports: […]` of this package's `io` and of the official one. (Do not construct it yourself: Engine.IO does
 * that.)
 */
export type TransportConstructor = new (options: object) => never
