/** Stands for the browser's and Node's host in the mini-program file. */
export { globalWx as webHost } from '../../src/host/wx-api.ts'
export const WebSocketTransport = undefined
