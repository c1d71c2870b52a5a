/** The parts of a URL that the client uses. The original reads six more, user name and password among them. */
export function parse(source: string): Record<string, unknown> {
  const [, protocol = '', ipv6, name = '', port = '', path = '', query = ''] =
    /^(?:(\w+):\/\/)?(?:\[([^\]]*)\]|([^:/?#]*))(?::(\d*))?([^?#]*)(?:\?([^#]*))?/.exec(source) || []
  const queryKey: Record<string, string> = {}
  for (const pair of query.split('&')) {
    const [key, value] = pair.split('=')
    if (key) queryKey[key] = value || ''
  }
  return { source, protocol, host: ipv6 || name, port, path, query, queryKey }
}
