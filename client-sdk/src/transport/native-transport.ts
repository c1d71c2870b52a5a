import { WebSocket as EngineWebSocket } from 'engine.io-client'
import { fromWire, toWire } from './binary.ts'

/** A host's socket, reduced to what a transport needs. Neither function ever throws. */
export interface NativeSocket {
  send(data: string | ArrayBuffer): void
  /** Ends the socket in any state; afterwards none of the events is called. */
  close(): void
}

/** What a host's socket reports, each of it once. `error` and `close` end it: nothing follows them. */
export interface NativeEvents {
  open(): void
  message(data: unknown): void
  error(message: string, context: unknown): void
  close(context: unknown): void
}

/**
 * Socket.IO's own WebSocket transport over another host's socket.
 *
 * It corrects two things on the way: a failure that the host reports before `createSocket` has returned (when nothing listens yet) is
 * reported right after; a close before Engine.IO's handshake is an error at once (Socket.IO's manager does not listen for `close` at that
 * time and would wait for its time-out).
 */
export abstract class NativeTransport extends EngineWebSocket {
  /** Opens the host's socket and attaches its listeners before it returns. */
  protected abstract dial(url: string, events: NativeEvents): NativeSocket

  override createSocket(url: string): NativeSocket {
    let dialing = true
    const later = (run: () => void): void => {
      if (dialing) void Promise.resolve().then(run)
      else run()
    }
    const events: NativeEvents = {
      open: () => later(() => this.onOpen()),
      message: (data) => later(() => this.onData(fromWire(data))),
      error: (message, context) => later(() => this.onError(message, context)),
      close: (context) =>
        later(() => {
          if (this.socket.readyState === 'opening') this.onError('closed before the handshake', context)
          else this.onClose({ description: 'socket closed', context })
        }),
    }
    try {
      return this.dial(url, events)
    } catch (error) {
      events.error(error instanceof Error ? error.message : 'no socket', error)
      return { send: () => undefined, close: () => undefined }
    } finally {
      dialing = false
    }
  }

  override doWrite(_packet: unknown, data: unknown): void {
    ;(this.ws as NativeSocket).send(toWire(data))
  }
}
