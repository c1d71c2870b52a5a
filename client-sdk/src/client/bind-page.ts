import { equal } from '../util/equal.ts'

/** A page or a component, or anything with `setData` and the life of one. */
export interface PageLike {
  setData(data: Record<string, unknown>): void
  onUnload?: (() => unknown) | undefined
  detached?: (() => unknown) | undefined
}

/** The ends of life that release a page: of pages, and of components. */
const ENDS = ['onUnload', 'detached'] as const

/**
 * Calls `page.setData` with what `select` makes of each snapshot, only the keys that changed, until the
 * page unloads or the component is detached. Returns the function that ends it earlier.
 */
export function bindPage<S>(
  page: PageLike,
  subscribe: (listener: (snapshot: S) => void) => () => void,
  select: (snapshot: S) => Record<string, unknown>,
): () => void {
  let shown: Record<string, unknown> = {}
  let released = false
  let unsubscribe = (): void => undefined

  const undo = ENDS.map((end) => {
    const own = Object.prototype.hasOwnProperty.call(page, end)
    const before = page[end]
    const ending = function (this: unknown): unknown {
      release()
      return before && before.call(page)
    }
    page[end] = ending
    return (): void => {
      // What was bound after this one stays in place.
      if (page[end] !== ending) return
      if (own) page[end] = before
      else delete page[end]
    }
  })
  const release = (): void => {
    if (released) return
    released = true
    unsubscribe()
    for (const each of undo) each()
  }

  unsubscribe = subscribe((snapshot) => {
    const data = select(snapshot)
    const changed: Record<string, unknown> = {}
    for (const key of Object.keys(data)) if (!(key in shown) || !equal(shown[key], data[key])) changed[key] = data[key]
    shown = data
    if (Object.keys(changed).length) page.setData(changed)
  })
  // It ended while it was shown for the first time.
  if (released) unsubscribe()
  return release
}
