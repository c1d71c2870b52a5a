/** Replaces the browser's transport in the mini-program files: a phone has only the sockets of `wx`. */
export { WxTransport as WebSocketTransport } from '../../src/transport/wx-transport.ts'
