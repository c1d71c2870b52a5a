import type { TransportConstructor } from './transport.ts';
/** As much of the standard `WebSocket` as is used; that of `ws` fits as well. */
export interface WebSocketLike {
    binaryType: string;
    send(data: string | ArrayBuffer): void;
    close(): void;
    addEventListener(type: string, listener: (event: {
        data?: unknown;
        message?: string;
    }) => void): void;
}
/** Its class. */
export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike;
/** Socket.IO over the standard `WebSocket`, for browsers and Node; another class can be passed in. */
export declare const WebSocketTransport: TransportConstructor;
