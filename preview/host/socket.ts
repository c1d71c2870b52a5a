import { lost, named, tookOver } from './tab.ts'

type Task = WechatMiniprogram.SocketTask
type Listeners = {
  open: Parameters<Task['onOpen']>[0][]
  message: WechatMiniprogram.SocketTaskOnMessageCallback[]
  error: WechatMiniprogram.UDPSocketOnErrorCallback[]
  close: WechatMiniprogram.SocketTaskOnCloseCallback[]
}

/** Options that only matter to a phone's network stack; a browser decides for itself. */
const IGNORED = new Set(['tcpNoDelay', 'perMessageDeflate', 'forceCellularNetwork', 'success', 'fail', 'complete'])

/** An older one may close after the next is open. */
let newest: WebSocket | null = null

/** `wx.connectSocket` on the browser's own WebSocket. */
export function connectSocket(option: WechatMiniprogram.ConnectSocketOption): Task {
  const { url, protocols = [], timeout, header, ...rest } = option
  const unknown = Object.keys(rest).find((name) => !IGNORED.has(name))
  if (unknown) throw new Error(`wx.connectSocket in the preview does not know "${unknown}".`)
  if (header && Object.keys(header).length > 0)
    throw new Error('wx.connectSocket in the preview cannot send headers: a browser does not let it.')

  const socket = new WebSocket(named(url), protocols)
  newest = socket
  socket.binaryType = 'arraybuffer'
  const listeners: Listeners = { open: [], message: [], error: [], close: [] }
  const giveUp = timeout ? setTimeout(() => socket.close(), timeout) : 0

  socket.addEventListener('open', () => {
    clearTimeout(giveUp)
    tookOver()
    listeners.open.forEach((listener) => listener({ header: {}, profile: {} } as never))
  })
  socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) =>
    listeners.message.forEach((listener) => listener({ data })),
  )
  socket.addEventListener('error', () => listeners.error.forEach((listener) => listener({ errMsg: 'connectSocket:fail socket error' })))
  socket.addEventListener('close', ({ code, reason }) => {
    clearTimeout(giveUp)
    if (newest === socket) lost()
    listeners.close.forEach((listener) => listener({ code, reason }))
  })
  queueMicrotask(() => option.success?.({ errMsg: 'connectSocket:ok' }))

  const refuse = (call: string, callbacks: { fail?: (failure: { errMsg: string }) => void; complete?: unknown }): void =>
    queueMicrotask(() => callbacks.fail?.({ errMsg: `${call}:fail SocketTask.readyState is not OPEN` }))
  const task: Task = {
    send(options) {
      if (socket.readyState !== WebSocket.OPEN) return refuse('sendSocketMessage', options)
      socket.send(options.data)
      queueMicrotask(() => options.success?.({ errMsg: 'sendSocketMessage:ok' }))
    },
    close(options = {}) {
      // A browser accepts 1000 and private codes only; nothing depends on them.
      socket.close()
      queueMicrotask(() => options.success?.({ errMsg: 'closeSocket:ok' }))
    },
    onOpen: (listener) => void listeners.open.push(listener),
    onMessage: (listener) => void listeners.message.push(listener),
    onError: (listener) => void listeners.error.push(listener),
    onClose: (listener) => void listeners.close.push(listener),
  }
  return task
}
