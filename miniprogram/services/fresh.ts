/** For how long buttons take no tap when they have come on the screen, ms: the second tap of a double tap was meant for those before. */
const FRESH_MS = 500

/** The class `fresh` of app.wxss does it, by `data.fresh`. Returns what ends it. */
export function beFresh(page: { setData(data: { fresh: boolean }): void }): () => void {
  page.setData({ fresh: true })
  const timer = setTimeout(() => page.setData({ fresh: false }), FRESH_MS)
  return () => clearTimeout(timer)
}
