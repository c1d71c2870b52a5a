/** What this app's `wx` is known to have, by key. */
export declare function registryOf<T>(wx: object): Record<string, T | undefined>;
