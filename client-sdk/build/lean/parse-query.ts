/** Query strings to and from objects. */
export function encode(query: Record<string, string | number>): string {
  return Object.keys(query)
    .map((key) => `${encodeURIComponent(key)}=${encodeURIComponent(String(query[key]))}`)
    .join('&')
}

export function decode(text: string): Record<string, string> {
  const query: Record<string, string> = {}
  for (const pair of text.split('&')) {
    const [key, value] = pair.split('=')
    if (key) query[decodeURIComponent(key)] = decodeURIComponent(value || '')
  }
  return query
}
