/** Replaces the host of browsers and Node in the mini-program files: there is always a `wx`. */
export { globalWx as webHost } from '../../src/host/wx-api.ts'
