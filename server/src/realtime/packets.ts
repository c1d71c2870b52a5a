/** What can be known about a packet before it is parsed. */

/** A packet of Engine.IO. */
export interface Packet {
  data?: string | Buffer
}

/** Longer packets are examined before they are parsed: values take up to a hundred times the memory of their text. */
const LONG_PACKET = 16_384
const VALUES = 20_000

/** About how much a packet takes: characters of a text, bytes of anything else, and its type. */
export const sizeOf = ({ data }: Packet): number => 1 + (data?.length ?? 0)

/** Whether a packet holds so many values that parsing it would cost more than its length suggests. No command has more than five. */
export function isSwollen({ data }: Packet): boolean {
  if (typeof data !== 'string' || data.length <= LONG_PACKET) return false
  let values = 0
  for (let at = 0; at < data.length && values <= VALUES; at += 1) {
    const code = data.charCodeAt(at)
    if (code === COMMA || code === BRACKET || code === BRACE) values += 1
  }
  return values > VALUES
}
const [COMMA, BRACKET, BRACE] = [0x2c, 0x5b, 0x7b]

/** The namespace that a CONNECT of Socket.IO names: '/' unless it names another. Null for any other packet. */
export function namespaceOf(data: string): string | null {
  if (!data.startsWith('0')) return null
  if (data[1] !== '/') return '/'
  const end = data.indexOf(',')
  return data.slice(1, end < 0 ? undefined : end)
}
