/** `caiquan-client/transport`: Socket.IO's own client over `wx.connectSocket` or a `WebSocket`. */
export { io, type IoOptions, type IoSocket } from './transport/io.ts'
export { WxTransport, type WxTransportOptions } from './transport/wx-transport.ts'
export { WebSocketTransport, type WebSocketConstructor, type WebSocketLike } from './transport/web-transport.ts'
export type { TransportConstructor } from './transport/transport.ts'
export type { WxApi, WxFailure, WxRequestOptions, WxSocketOptions, WxSocketTask } from './host/wx-api.ts'
