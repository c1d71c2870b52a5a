/** `?a=1&b=2` of what is set; empty if nothing is. */
export function query(values: Record<string, string | number | undefined>): string {
  const pairs = Object.keys(values)
    .filter((key) => values[key] !== undefined)
    .map((key) => `${key}=${encodeURIComponent(String(values[key]))}`)
  return pairs.length ? `?${pairs.join('&')}` : ''
}
