/** `engine.io-parser` as far as a WebSocket that carries binary data goes: no base64, no `Blob`, no streams. */
const TYPES = ['open', 'close', 'ping', 'pong', 'message', 'upgrade', 'noop']

type Data = string | ArrayBuffer | ArrayBufferView
interface Packet {
  type: string
  data?: Data
}

export const protocol = 4

export function encodePacket({ type, data }: Packet, _supportsBinary: boolean, done: (encoded: Data) => void): void {
  if (data && typeof data !== 'string') done(data)
  else done(TYPES.indexOf(type) + (data || ''))
}

export function decodePacket(encoded: Data): Packet {
  if (typeof encoded !== 'string') return { type: 'message', data: encoded }
  const type = TYPES[encoded.charCodeAt(0) - 48]
  if (!type) return { type: 'error', data: 'parser error' }
  return encoded.length > 1 ? { type, data: encoded.slice(1) } : { type }
}
