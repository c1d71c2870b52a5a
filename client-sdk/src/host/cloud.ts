import { registryOf } from './registry.ts'
import { globalWx, type WxApi, type WxFailure, type WxRequestOptions, type WxSocketOptions, type WxSocketTask } from './wx-api.ts'

/** Replies of `wx.cloud.callContainer`. */
interface ContainerResponse {
  statusCode: number
  data: unknown
  header: Record<string, unknown>
}

/**
 * The part of `wx.cloud` that cloud hosting needs; the real one fits. Sources:
 * https://developers.weixin.qq.com/miniprogram/dev/wxcloudservice/wxcloudrun/src/development/call/mini.html and
 * https://developers.weixin.qq.com/miniprogram/dev/wxcloudservice/wxcloudrun/src/development/websocket/miniprogram.html
 */
export interface WxCloud {
  init(options?: object): unknown
  callContainer(options: {
    config: { env: string }
    path: string
    method: string
    header: Record<string, string>
    data?: string
    timeout?: number
    success(response: ContainerResponse): void
    fail(failure: WxFailure): void
  }): unknown
  connectContainer(
    options: WxSocketOptions & {
      config: { env: string }
      service: string
      path: string
      success(result: { socketTask: WxSocketTask }): void
      fail(failure: WxFailure): void
    },
  ): unknown
}

/** Which service is called, and through which `wx`. */
export interface CloudHostingOptions {
  /** The id of the cloud environment, `prod-…`. */
  env: string
  /** The name of the service in it. */
  service: string
  /** The `wx` to use; the global one if absent. */
  wx?: (WxApi & { cloud: WxCloud }) | undefined
}

/**
 * `callContainer` gives up after 15 s whatever time-out it is given:
 * https://developers.weixin.qq.com/minigame/dev/wxcloudrun/src/guide/debug/know.html
 */
const LONGEST_CALL_MS = 15_000

/** The path and query of an address. */
const pathOf = (url: string): string => url.replace(/^\w+:\/\/[^/?#]*/, '') || '/'

/**
 * A `SocketTask` that exists before the cloud has made one: `wx.cloud.connectContainer` hands its task over later. Calls on this one are
 * carried out then: its listeners are attached in the same event-loop tick in which the task arrives, and a task that is not wanted any
 * more is closed.
 */
function laterTask(begin: (arrived: (task: WxSocketTask) => void, fail: (failure: WxFailure) => void) => void): WxSocketTask {
  let real: WxSocketTask | undefined
  let closing: Parameters<WxSocketTask['close']>[0] | undefined
  const failed: ((failure: WxFailure) => void)[] = []
  const waiting: ((task: WxSocketTask) => void)[] = []
  const withTask = (use: (task: WxSocketTask) => void): void => {
    if (real) use(real)
    else waiting.push(use)
  }
  begin(
    (task) => {
      if (!real) {
        real = task
        for (const use of waiting.splice(0)) use(task)
        if (closing) task.close(closing)
      }
    },
    (failure) => {
      if (!real) for (const tell of failed) tell(failure)
    },
  )
  return {
    send: (options) => {
      if (real) real.send(options)
      else if (options.fail) options.fail({ errMsg: 'sendSocketMessage:fail the socket is not open yet' })
    },
    close: (options) => {
      if (real) real.close(options)
      else closing = options
    },
    onOpen: (listener) => withTask((task) => task.onOpen(listener)),
    onMessage: (listener) => withTask((task) => task.onMessage(listener)),
    onError: (listener) => {
      failed.push(listener)
      withTask((task) => task.onError(listener))
    },
    onClose: (listener) => withTask((task) => task.onClose(listener)),
  }
}

function makeCloudWx(wx: WxApi & { cloud: WxCloud }, env: string, service: string): WxApi {
  let begun = false
  /** Only the first call of an app counts, whichever code makes it: an app that has called it with options of its own keeps them. */
  const cloud = (): WxCloud => {
    if (!begun) wx.cloud.init()
    begun = true
    return wx.cloud
  }
  const config = { env }
  const own: Pick<WxApi, 'connectSocket' | 'request' | 'login' | 'checkSession'> = {
    connectSocket: ({ url, success, fail, ...socket }) =>
      laterTask((arrived, failed) => {
        cloud().connectContainer(
          Object.assign({}, socket, {
            config,
            service,
            path: pathOf(url),
            success: ({ socketTask }: { socketTask: WxSocketTask }) => {
              arrived(socketTask)
              if (success) success()
            },
            fail: (failure: WxFailure) => {
              failed(failure)
              if (fail) fail(failure)
            },
          }),
        )
      }),
    request: ({ url, method, data, header, timeout, success, fail }: WxRequestOptions) =>
      cloud().callContainer(
        Object.assign(
          { config, path: pathOf(url), method, header: Object.assign({}, header, { 'X-WX-SERVICE': service }), success, fail },
          data !== undefined && { data },
          timeout !== undefined && { timeout: Math.min(timeout, LONGEST_CALL_MS) },
        ),
      ),
    // WeChat itself names the caller in each call, where the server reads it; there is no code that could be used up.
    login: ({ success }) => success({ code: 'cloud' }),
    checkSession: ({ success }) => success(),
  }
  const properties: PropertyDescriptorMap = {}
  for (const name of Object.keys(own) as (keyof typeof own)[]) properties[name] = { value: own[name], enumerable: true }
  // Everything else is the app's own `wx`. Not by assignment: a host may have frozen its object.
  return Object.create(wx, properties) as WxApi
}

/**
 * For a server that runs in WeChat cloud hosting (微信云托管): HTTP uses `wx.cloud.callContainer`, the socket uses `wx.cloud.connectContainer`,
 * and the login takes the openid that WeChat adds to each call, so no domain has to be registered. Base library 2.23.0 or newer. Returns
 * options for a client:
 *
 *   createGameClient(cloudHosting({ env: 'prod-1a2b', service: 'caiquan' }))
 *
 * The socket needs no openid of its own, which iOS leaves out in its high-performance mode: it shows the session of the login. The server
 * must run with `WECHAT_CLOUD=on`. A call carries at most 100 KiB of text, so WeChat refuses larger pictures of players.
 *
 * @throws Error if there is no `wx`, or none with `cloud`
 */
export function cloudHosting({ env, service, wx }: CloudHostingOptions): { url: string; wx: WxApi } {
  const base = (wx || globalWx()) as WxApi & { cloud?: WxCloud }
  if (!base.cloud || typeof base.cloud.connectContainer !== 'function')
    throw new Error('This wx has no cloud hosting: it needs wx.cloud.connectContainer, of base library 2.23.0 or newer.')
  const known = registryOf<WxApi>(base)
  const key = `cloud ${env} ${service}`
  // One for each service: the clients of an app find each other by their `wx`.
  const cloudWx = (known[key] = known[key] || makeCloudWx(base as WxApi & { cloud: WxCloud }, env, service))
  // Only its path is ever sent; the name never reaches a network (RFC 2606).
  return { url: `https://${service}.${env}.invalid`, wx: cloudWx }
}
