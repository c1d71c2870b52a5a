/**
 * A set of listeners. All of them see everything in the order in which it happened, also if one of them makes the next
 * thing happen: that is told when all have heard of the first. A listener that was removed is not called any more, and one
 * that throws does not keep the others from hearing.
 */
export declare class Listeners<A extends unknown[]> {
    private list;
    private readonly queue;
    private telling;
    /** Adds a listener, for what happens from now on, and returns the function that removes it. */
    add(listener: (...args: A) => void): () => void;
    /** Tells all of them, in the order in which they were added. */
    emit(...args: A): void;
}
