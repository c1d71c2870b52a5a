/** A page or a component, or anything with `setData` and the life of one. */
export interface PageLike {
    setData(data: Record<string, unknown>): void;
    onUnload?: (() => unknown) | undefined;
    detached?: (() => unknown) | undefined;
}
/**
 * Calls `page.setData` with what `select` makes of each snapshot, only the keys that changed, until the
 * page unloads or the component is detached. Returns the function that ends it earlier.
 */
export declare function bindPage<S>(page: PageLike, subscribe: (listener: (snapshot: S) => void) => () => void, select: (snapshot: S) => Record<string, unknown>): () => void;
