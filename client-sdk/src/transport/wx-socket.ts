import type { WxApi, WxSocketOptions, WxSocketTask } from '../host/wx-api.ts'
import type { NativeEvents, NativeSocket } from './native-transport.ts'

const ignore = (): void => undefined

/**
 * Opens a `SocketTask` and keeps its promises where phones break them:
 * listeners are attached before this returns (`onOpen` is not repeated for latecomers), `readyState` is
 * never read, close codes decide nothing, and a task that was closed while it connected is closed
 * again if it opens all the same, so that none is leaked (WeChat allows five).
 */
export function dialWx(wx: WxApi, url: string, options: WxSocketOptions, events: NativeEvents): NativeSocket {
  let over = false
  let task: WxSocketTask | undefined

  const hangUp = (): void => {
    over = true
    try {
      // Without callbacks some base libraries answer with a promise that nobody would catch.
      if (task) task.close({ success: ignore, fail: ignore })
    } catch {
      // Some throw when the task is not open: it is then gone, or closed again by `onOpen` below.
    }
  }
  const fail = (reason: unknown): void => {
    if (over) return
    hangUp()
    const { errMsg, message } = (reason || {}) as { errMsg?: string; message?: string }
    events.error(errMsg || message || 'socket error', reason)
  }

  try {
    task = wx.connectSocket(Object.assign({ url, success: ignore, fail }, options))
    task.onOpen(() => {
      if (over) hangUp()
      else events.open()
    })
    task.onMessage((result) => {
      if (!over) events.message(result.data)
    })
    task.onError(fail)
    task.onClose((result) => {
      if (over) return
      over = true
      events.close(result)
    })
  } catch (error) {
    fail(error)
  }

  return {
    send(data) {
      if (over || !task) return
      try {
        task.send({ data, success: ignore, fail })
      } catch (error) {
        fail(error)
      }
    },
    close: hangUp,
  }
}
