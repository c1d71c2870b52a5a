/** A page, or anything with `setData` and the life of one. */
export interface PageLike {
  setData(data: Record<string, unknown>): void
  onUnload?: () => unknown
}

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)

/**
 * Calls `page.setData` with what `select` makes of each snapshot, only the keys that changed, until the
 * page unloads. Returns the function that ends it earlier.
 */
export function bindPage<S>(
  page: PageLike,
  subscribe: (listener: (snapshot: S) => void) => () => void,
  select: (snapshot: S) => Record<string, unknown>,
): () => void {
  let shown: Record<string, unknown> = {}
  const unsubscribe = subscribe((snapshot) => {
    const data = select(snapshot)
    const changed: Record<string, unknown> = {}
    for (const key of Object.keys(data)) if (!(key in shown) || !same(shown[key], data[key])) changed[key] = data[key]
    shown = data
    if (Object.keys(changed).length) page.setData(changed)
  })
  const before = page.onUnload
  const release = (): void => {
    unsubscribe()
    if (page.onUnload === unload) {
      if (before) page.onUnload = before
      else delete page.onUnload
    }
  }
  const unload = (): unknown => {
    release()
    return before && before.call(page)
  }
  page.onUnload = unload
  return release
}
