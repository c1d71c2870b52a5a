import { WebSocket as EngineWebSocket } from 'engine.io-client';
/** A host's socket, reduced to what a transport needs. Neither function ever throws. */
export interface NativeSocket {
    send(data: string | ArrayBuffer): void;
    /** Ends the socket in whatever state it is; afterwards none of the events is called. */
    close(): void;
}
/** What a host's socket reports, none of it twice. `error` and `close` end it: nothing follows them. */
export interface NativeEvents {
    open(): void;
    message(data: unknown): void;
    error(message: string, context: unknown): void;
    close(context: unknown): void;
}
/**
 * Socket.IO's own WebSocket transport over another host's socket.
 *
 * It mends two things on the way: a failure that the host reports before `createSocket` has returned
 * (nobody listens yet) is reported right after; a close before Engine.IO's handshake is an error at
 * once (Socket.IO's manager does not listen for `close` at that time and would wait for its time-out).
 */
export declare abstract class NativeTransport extends EngineWebSocket {
    /** Opens the host's socket and attaches its listeners before it returns. */
    protected abstract dial(url: string, events: NativeEvents): NativeSocket;
    createSocket(url: string): NativeSocket;
    doWrite(_packet: unknown, data: unknown): void;
}
