/** A value of a page's query, which WeChat passes on in encoded form. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
