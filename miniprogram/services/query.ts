/** A value of a page's query, which WeChat hands over as it stands in the address. */
export function decoded(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    return value
  }
}
