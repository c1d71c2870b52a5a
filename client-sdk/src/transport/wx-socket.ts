import type { WxApi, WxSocketOptions, WxSocketTask } from '../host/wx-api.ts'
import { Timer } from '../util/timers.ts'
import type { NativeEvents, NativeSocket } from './native-transport.ts'

const ignore = (): void => undefined
const PROMISED = 'connectSocket returned a promise, not a SocketTask: pass the original wx'

/**
 * Opens a `SocketTask` and keeps its promises where phones break them: listeners are attached before this returns (`onOpen` is not repeated
 * for late listeners), `readyState` is never read, close codes decide nothing, and a task that was closed while it connected is closed
 * again if it opens all the same, so that none leaks (WeChat allows five).
 */
export function dialWx(wx: WxApi, url: string, options: WxSocketOptions, events: NativeEvents, asPromise?: () => void): NativeSocket {
  let over = false
  let task: WxSocketTask | undefined
  const silence = new Timer()

  const hangUp = (): void => {
    over = true
    silence.stop()
    try {
      // Without callbacks some base libraries return a promise whose rejection nobody would handle.
      if (task) task.close({ success: ignore, fail: ignore })
    } catch {
      // Some throw if the task is not open: it is then gone, or closed again by `onOpen` below.
    }
  }
  const fail = (reason: unknown): void => {
    if (over) return
    hangUp()
    const { errMsg, message } = (reason || {}) as { errMsg?: string; message?: string }
    events.error(errMsg || message || 'socket error', reason)
  }

  const attach = (opened: WxSocketTask): void => {
    task = opened
    if (!opened || typeof opened.onOpen !== 'function') {
      throw new Error('connectSocket returned no SocketTask: pass the original wx')
    }
    opened.onOpen(() => {
      silence.stop()
      if (over) hangUp()
      else events.open()
    })
    opened.onMessage((result) => {
      if (!over) events.message(result.data)
    })
    opened.onError(fail)
    opened.onClose((result) => {
      if (over) return
      over = true
      silence.stop()
      events.close(result)
    })
    // It was given up before the framework handed it over.
    if (over) hangUp()
  }

  try {
    const opened = wx.connectSocket(Object.assign({ url, success: ignore, fail }, options)) as WxSocketTask | PromiseLike<WxSocketTask>
    if (opened && typeof (opened as PromiseLike<WxSocketTask>).then === 'function') {
      if (asPromise) asPromise()
      // The task may have opened before its promise resolved, and `onOpen` is not repeated.
      silence.start((options.timeout || 5000) * 0.6, () => fail({ errMsg: PROMISED }))
      ;(opened as PromiseLike<WxSocketTask>).then((late) => {
        try {
          attach(late)
        } catch (error) {
          fail(error)
        }
      }, fail)
    } else {
      attach(opened as WxSocketTask)
    }
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
