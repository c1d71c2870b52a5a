import { WebSocket } from 'ws'
import type { WxFailure, WxSocketTask } from '../../src/host/wx-api.ts'
import type { Phone } from './phone.ts'

/** The arguments of `wx.connectSocket`, as far as the stand-in reads them. */
export interface ConnectCall {
  url: string
  header?: Record<string, string>
  protocols?: string[]
  tcpNoDelay?: boolean
  perMessageDeflate?: boolean
  timeout?: number
  forceCellularNetwork?: boolean
  success?: () => void
  fail?: (failure: WxFailure) => void
}

export interface TaskOptions {
  phone: Phone
  call: ConnectCall
  /** Whether packets of a new socket are swallowed; it gets through when they no longer are (`dial`). */
  blackhole: boolean
  /**
   * Whether listeners that are added before the socket opens are called, not only those added in the tick of `connectSocket`: for
   * frameworks that promise the task.
   */
  lateListeners?: boolean
}

interface SendCall {
  data: unknown
  success?: () => void
  fail?: (failure: WxFailure) => void
}

/** Close codes that different phones report for the same reasons. */
const CODES = [1000, 1001, 1005, 1006, 1011, 0, -1, 10001]

/**
 * A `SocketTask` that behaves like the least friendly phones: listeners must be attached before the caller returns, sending before it is
 * open fails, so does closing (the socket then opens anyway), `readyState` is wrong, close codes mean nothing.
 */
export class FakeSocketTask implements WxSocketTask {
  /** Whether there is a native socket. */
  alive = true
  /** Whether the app has asked for its end. */
  closeAsked = false
  readonly call: ConnectCall
  /** The cookies that came with the handshake; phones do not keep them. */
  cookies: string[] = []

  private readonly phone: Phone
  private ws: WebSocket | undefined
  private opened = false
  private notified = false
  private listenersClosed = false
  private readonly listeners = {
    open: [] as (() => void)[],
    message: [] as ((message: { data: string | ArrayBuffer }) => void)[],
    error: [] as ((failure: WxFailure) => void)[],
    close: [] as ((result: { code: number; reason: string }) => void)[],
  }

  constructor({ phone, call, blackhole, lateListeners }: TaskOptions) {
    this.phone = phone
    this.call = call
    // The tick in which `connectSocket` was called is over: listeners that are added later are not called.
    if (!lateListeners) void Promise.resolve().then(() => (this.listenersClosed = true))
    if (!blackhole) this.dial()
  }

  /** Wrong on many phones: an SDK that reads it has an error. */
  get readyState(): number {
    this.phone.faults.push(new Error('SocketTask.readyState was read'))
    return 1
  }

  onOpen(listener: () => void): void {
    this.add('open', listener)
  }
  onMessage(listener: (message: { data: string | ArrayBuffer }) => void): void {
    this.add('message', listener)
  }
  onError(listener: (failure: WxFailure) => void): void {
    this.add('error', listener)
  }
  onClose(listener: (result: { code: number; reason: string }) => void): void {
    this.add('close', listener)
  }

  send({ data, success, fail }: SendCall): void {
    const refuse = (errMsg: string): void => {
      if (fail) this.phone.run(() => fail({ errMsg }))
    }
    const isBuffer = Object.prototype.toString.call(data) === '[object ArrayBuffer]'
    if (typeof data !== 'string' && !isBuffer) {
      // Any other object, including typed arrays, reaches the server as nothing at all.
      refuse('sendSocketMessage:fail parameter error: parameter.data should be String/ArrayBuffer')
      return
    }
    if (!this.opened) {
      this.phone.faults.push(new Error('SocketTask.send before onOpen'))
      refuse('sendSocketMessage:fail SocketTask.readyState is not OPEN')
      return
    }
    if (!this.alive || !this.ws) {
      refuse('sendSocketMessage:fail SocketTask.readyState is not OPEN')
      return
    }
    this.ws.send(typeof data === 'string' ? data : Buffer.from(new Uint8Array(data as ArrayBuffer)))
    if (success) this.phone.run(success)
  }

  close({ success, fail }: { success?: () => void; fail?: (failure: WxFailure) => void } = {}): void {
    this.closeAsked = true
    if (!this.opened && this.alive && this.ws) {
      if (fail) this.phone.run(() => fail({ errMsg: 'closeSocket:fail WebSocket is not connected' }))
      return
    }
    this.die()
    if (success) this.phone.run(success)
    this.notify('close')
  }

  /** The native socket is gone; `notify` says whether the app is notified. */
  drop(notify: boolean): void {
    if (!this.alive) return
    this.die()
    // Only an open socket can die without an event: if one that is still connecting dies, the system reports the failure.
    if (!notify && this.opened) return
    if (this.phone.random() < 0.5) this.notify('error')
    this.notify('close')
  }

  /** Begins the handshake, if it has not begun and is still wanted. */
  dial(): void {
    if (this.ws || !this.alive) return
    const { url, header, protocols } = this.call
    const ws = new WebSocket(url, protocols || [], { headers: header || {}, rejectUnauthorized: false })
    ws.binaryType = 'arraybuffer'
    ws.on('upgrade', ({ headers }) => {
      this.cookies = headers['set-cookie'] || []
    })
    ws.on('open', () => {
      if (!this.alive) return
      this.opened = true
      this.emit('open', undefined)
    })
    ws.on('message', (data: ArrayBuffer | Buffer, binary: boolean) => {
      const bytes = data instanceof ArrayBuffer ? data : new Uint8Array(data).buffer
      if (this.alive) this.emit('message', { data: binary ? bytes : Buffer.from(bytes).toString() })
    })
    ws.on('error', () => {
      if (this.alive) this.notify('error')
    })
    ws.on('close', () => {
      if (!this.alive) return
      this.die()
      this.notify('close')
    })
    this.ws = ws
  }

  private add<K extends keyof FakeSocketTask['listeners']>(event: K, listener: FakeSocketTask['listeners'][K][number]): void {
    if (this.listenersClosed) this.phone.faults.push(new Error(`SocketTask.on ${event} was attached too late`))
    else (this.listeners[event] as unknown[]).push(listener)
  }

  private emit(event: keyof FakeSocketTask['listeners'], argument: unknown): void {
    for (const listener of this.listeners[event]) this.phone.run(() => (listener as (argument: unknown) => void)(argument))
  }

  private notify(event: 'error' | 'close'): void {
    if (this.notified && event === 'close') return
    if (event === 'error') {
      this.emit('error', { errMsg: 'connectSocket:fail socket error' })
      return
    }
    this.notified = true
    const code = CODES[Math.floor(this.phone.random() * CODES.length)] || 1000
    this.emit('close', { code, reason: '' })
  }

  private die(): void {
    if (!this.alive) return
    this.alive = false
    if (this.ws) this.ws.terminate()
  }
}
