/** Stands for the browser's and Node's host in the mini-program files: there is always a `wx`. */
export { globalWx as webHost } from '../../src/host/wx-api.ts'
