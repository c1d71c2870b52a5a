import { Decoder, Encoder, type Packet } from 'socket.io-parser'

const tag = (value: unknown): string => Object.prototype.toString.call(value)

/**
 * The value with every `ArrayBuffer` of another realm copied into this one. Some hosts return such buffers (a file's content, for example),
 * and the official parser, which uses `instanceof`, would send them as empty objects. A value without any is returned as it is.
 */
export function localBuffers(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value
  if (tag(value) === '[object ArrayBuffer]') {
    const copy = new Uint8Array((value as ArrayBuffer).byteLength)
    copy.set(new Uint8Array(value as ArrayBuffer))
    return copy.buffer
  }
  if (Array.isArray(value)) {
    const items = value.map(localBuffers)
    return items.some((item, i) => item !== value[i]) ? items : value
  }
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return value
  const fields = value as Record<string, unknown>
  let copy: Record<string, unknown> | null = null
  for (const key of Object.keys(fields)) {
    const local = localBuffers(fields[key])
    if (local !== fields[key]) {
      copy = copy || Object.assign({}, fields)
      copy[key] = local
    }
  }
  return copy || value
}

class LocalEncoder extends Encoder {
  override encode(packet: Packet): ReturnType<Encoder['encode']> {
    return super.encode(Object.assign({}, packet, { data: localBuffers(packet.data) as Packet['data'] }))
  }
}

/** The official parser, for hosts whose buffers are of another realm. */
export const parser = { Encoder: LocalEncoder, Decoder }
