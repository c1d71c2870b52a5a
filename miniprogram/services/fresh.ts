/** For how long new buttons take no tap, ms: the second tap of a double tap was meant for the buttons before. */
const FRESH_MS = 500

/** The class `fresh` of app.wxss does this, by `data.fresh`. Returns a function that ends it. */
export function beFresh(page: { setData(data: { fresh: boolean }): void }): () => void {
  page.setData({ fresh: true })
  const timer = setTimeout(() => page.setData({ fresh: false }), FRESH_MS)
  return () => clearTimeout(timer)
}
