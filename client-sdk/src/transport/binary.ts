const tag = (value: unknown): string => Object.prototype.toString.call(value)

/**
 * What a native socket may send: text as it is, and exactly the bytes of a view. (A view's `buffer` is the whole memory behind it: sending
 * that would send its neighbours as well.)
 */
export function toWire(data: unknown): string | ArrayBuffer {
  if (ArrayBuffer.isView(data)) {
    const copy = new Uint8Array(data.byteLength)
    copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    return copy.buffer
  }
  return data as string | ArrayBuffer
}

/**
 * What the parser may read. Some hosts hand over an `ArrayBuffer` of another realm, which fails
 * `instanceof` in the parser: it is copied into this one.
 */
export function fromWire(data: unknown): string | ArrayBuffer {
  if (typeof data === 'string' || data instanceof ArrayBuffer) return data
  if (tag(data) === '[object ArrayBuffer]') {
    const foreign = new Uint8Array(data as ArrayBuffer)
    const copy = new Uint8Array(foreign.length)
    copy.set(foreign)
    return copy.buffer
  }
  return toWire(data)
}
