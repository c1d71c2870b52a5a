import type { ServerToClientEvents } from '../../../client-sdk/src/protocol.ts'
import type { GameSocket } from './types.ts'

/**
 * Sends one event to sockets of this node. The event is encoded once, and framed once for all of them in one piece; Socket.IO's own
 * broadcast looks for binary data in it, collects rooms, and writes each frame as two pieces. Listeners of outgoing events are not called.
 *
 * Socket.IO's protocol fixes the text of a packet, and adapters pass `wsPreEncodedFrame` in the same way, but it is not documented;
 * test/unit/shared-frame.test.ts notices if it is not used any more. Without it, or with long polling, the packet is sent as text.
 */
export function sendToAll<E extends keyof ServerToClientEvents<unknown>>(
  sockets: readonly GameSocket[],
  event: E,
  ...args: Parameters<ServerToClientEvents<unknown>[E]>
): void {
  const packet = `${EVENT}${JSON.stringify([event, ...args])}`
  const options = { compress: false, wsPreEncodedFrame: [frameOf(`${MESSAGE}${packet}`)] }
  for (const { conn } of sockets) conn.write(packet, options)
}

/** Types of packets: of an event in the main namespace in Socket.IO's protocol, and of a message in Engine.IO's. */
const EVENT = '2'
const MESSAGE = '4'

/** An unmasked WebSocket frame with all of a text, as a server sends it (RFC 6455, section 5.2). */
export function frameOf(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const head = length < 126 ? 2 : length < 65_536 ? 4 : 10
  const frame = Buffer.allocUnsafe(head + length)
  frame[0] = 0x81
  if (head === 2) frame[1] = length
  else if (head === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeBigUInt64BE(BigInt(length), 2)
  }
  frame.write(text, head)
  return frame
}
