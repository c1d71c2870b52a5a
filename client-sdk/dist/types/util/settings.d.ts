/** Whether it is a length of time that a timer can be set to, in milliseconds. */
export declare const isDuration: (value: unknown) => value is number;
/** The defaults with the durations that were given; `undefined`, `NaN`, negative and infinite ones mean the default. */
export declare function withDefaults<T extends object>(defaults: T, given: {
    readonly [K in keyof T]?: T[K] | undefined;
} | undefined): T;
