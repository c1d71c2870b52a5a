/** Whether two values that came from JSON say the same, whatever the order of their keys. */
export declare function equal(a: unknown, b: unknown): boolean;
