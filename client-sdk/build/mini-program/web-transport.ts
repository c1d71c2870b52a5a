/** Stands for the browser's transport in the mini-program files: the only sockets of a phone are those of `wx`. */
export { WxTransport as WebSocketTransport } from '../../src/transport/wx-transport.ts'
