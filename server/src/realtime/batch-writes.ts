import type { Socket } from 'node:net'
import { Batcher } from '../batcher.ts'
import type { GameServer } from './types.ts'

/** The part of an Engine.IO socket that is used here. */
interface Connection {
  transport: { name: string; writable: boolean; emit(event: 'ready'): void }
  request: { socket: Socket }
  on(event: 'packetCreate', listener: (this: Connection) => void): void
}

/**
 * What a socket is sent in one event-loop tick is written in one piece: an acknowledgement and its view, or the views of matches whose
 * moves came together. Engine.IO hands a packet to the network as soon as it is made, and the next one only once that is written. So the
 * transport reports that it is busy until the tick ends, and then gets everything that was collected. `writable` and `ready` are no public
 * interface; test/unit/batch-writes.test.ts notices if they change.
 */
export function batchWrites(io: GameServer): void {
  const turn = new Batcher()
  let held: Connection['transport'][] = []

  function release(): void {
    const transports = held
    held = []
    for (const transport of transports) {
      transport.writable = true
      transport.emit('ready')
    }
  }

  /** Called before a packet is handed on. One function for all connections, as there are many. */
  function hold(this: Connection): void {
    const { transport, request } = this
    if (!transport.writable) return
    transport.writable = false
    turn.cork(request.socket)
    if (held.push(transport) === 1) turn.before(release)
  }

  io.engine.on('connection', (connection: Connection) => {
    // A long-polling client has no connection of its own to write to, whatever it is upgraded to.
    if (connection.transport.name === 'websocket') connection.on('packetCreate', hold)
  })
}
