import { equal } from '../util/equal.ts'

/** A page or a component, or anything else with `setData` and a life cycle. */
export interface PageLike {
  setData(data: Record<string, unknown>): void
  onUnload?: (() => unknown) | undefined
  detached?: (() => unknown) | undefined
}

/** The life-cycle ends that release a page: those of pages, and those of components. */
const ENDS = ['onUnload', 'detached'] as const

/**
 * Calls `page.setData` with the result of `select` for each snapshot, only with the keys that changed, until the page unloads or the
 * component is detached. Returns a function that ends it earlier.
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
      // A handler that was set after this one stays in place.
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
  // The binding ended while the first snapshot was shown.
  if (released) unsubscribe()
  return release
}
