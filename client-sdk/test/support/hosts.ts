import { createRequire } from 'node:module'
import { join } from 'node:path'
import { WebSocket as WsWebSocket } from 'ws'
import type { HostOptions } from '../../src/host/options.ts'
import type { WebSocketConstructor } from '../../src/transport/web-transport.ts'
import type { WxApi, WxSocketTask } from '../../src/host/wx-api.ts'
import type { SdkModule } from './app.ts'
import { CLOUD_FILE, ensureBuilt, MINI_PROGRAM_FILE } from './built.ts'
import { withCloud } from './cloud-wx.ts'
import { fakeWx, type FakeWx } from './fake-wx.ts'
import { Phone } from './phone.ts'
import { loadInPhone } from './realm.ts'
import * as sources from '../../src/index.ts'
import type * as Cloud from '../../src/cloud.ts'

/** A host of the SDK, with the file that a team would load there. */
export interface TestHost {
  sdk: SdkModule
  /** The options that this host needs. */
  options: HostOptions & { url?: string }
  /** The phone below, if it is one. */
  phone?: Phone
  fake?: FakeWx
  /** The `wx` that the app has. */
  wx?: WxApi
  /** Goes to the background and comes back, with this host's own events; absent if it has none. */
  hideAndShow?: () => Promise<void>
  /** Gives a gateway on the way the address of the server. */
  reach?: (url: string) => void
  /** Whether the gateway identifies the player, so that an own login code has no effect. */
  gatewayLogin?: boolean
}

let codes = 0
const codeOf = (name: string): string => `${name}.place${process.pid}-${++codes}`

interface Shape {
  given?: boolean
  lateListeners?: boolean
  storage?: Map<string, string> | undefined
}

/** A mini program whose `wx` is made by `shape` of WeChat's own; `given` passes it as an option instead of as the global. */
function onPhone(
  name: string,
  shape: (wx: WxApi, phone: Phone) => Partial<WxApi>,
  { given = false, lateListeners = false, storage }: Shape = {},
): TestHost {
  ensureBuilt()
  const phone = new Phone()
  const fake = fakeWx({ phone, code: () => codeOf(name), lateListeners, ...(storage ? { storage } : {}) })
  const wx = shape(fake.wx, phone) as WxApi
  const sdk = loadInPhone(MINI_PROGRAM_FILE, phone, given ? ({} as WxApi) : wx) as SdkModule
  const hideAndShow = async (): Promise<void> => {
    phone.hide()
    await new Promise((resolve) => setTimeout(resolve, 50))
    phone.show()
  }
  return { sdk, options: given ? { wx } : {}, phone, fake, wx, hideAndShow }
}

const without = (wx: WxApi, names: (keyof WxApi)[]): Partial<WxApi> => {
  const rest: Partial<WxApi> = Object.assign({}, wx)
  for (const name of names) delete rest[name]
  return rest
}

/** A call with callbacks as a framework wraps it: it calls them, and returns a promise as well. */
const withPromise =
  <O extends { success?: unknown; fail?: unknown }>(call: (options: O) => unknown) =>
  (options: O): Promise<unknown> => {
    const promise = new Promise((resolve, reject) => {
      call({
        ...options,
        success: (result: unknown) => {
          if (typeof options.success === 'function') (options.success as (result: unknown) => void)(result)
          resolve(result)
        },
        fail: (failure: unknown) => {
          if (typeof options.fail === 'function') (options.fail as (failure: unknown) => void)(failure)
          reject(failure)
        },
      })
    })
    // Frameworks leave it to the app to catch this one.
    promise.catch(() => undefined)
    return promise
  }

/** `Taro`: promises everywhere, also of the socket, and no events of the app's life. */
function taro(wx: WxApi): Partial<WxApi> {
  const shaped = without(wx, ['onAppShow', 'onAppHide', 'offAppShow', 'offAppHide', 'offNetworkStatusChange'])
  shaped.connectSocket = (options) => Promise.resolve(wx.connectSocket(options)) as unknown as WxSocketTask
  shaped.request = withPromise(wx.request.bind(wx))
  shaped.login = withPromise(wx.login.bind(wx))
  shaped.checkSession = withPromise(wx.checkSession.bind(wx))
  shaped.getNetworkType = withPromise(wx.getNetworkType.bind(wx))
  return shaped
}

/** `uni`: as WeChat with callbacks; some platforms lack `checkSession` and the events of the app's life. */
const uniApp = (wx: WxApi): Partial<WxApi> => without(wx, ['onAppShow', 'onAppHide', 'offAppShow', 'offAppHide', 'checkSession'])

/** A mini game: no pages, and its life under other names. */
function miniGame(wx: WxApi): Partial<WxApi> {
  const { onAppShow, onAppHide, offAppShow, offAppHide } = wx
  const shaped = without(wx, ['onAppShow', 'onAppHide', 'offAppShow', 'offAppHide'])
  return Object.assign(shaped, { onShow: onAppShow, onHide: onAppHide, offShow: offAppShow, offHide: offAppHide })
}

/** A plugin: neither the app's life nor the network can be listened to or read. */
const plugin = (wx: WxApi): Partial<WxApi> =>
  without(wx, [
    'onAppShow',
    'onAppHide',
    'offAppShow',
    'offAppHide',
    'onNetworkStatusChange',
    'offNetworkStatusChange',
    'getNetworkType',
    'checkSession',
  ])

/** A mini program whose server runs in WeChat cloud hosting; `ios`: in the mode in which its sockets carry no openid. */
function inCloud(name: string, ios: boolean, storage?: Map<string, string>): TestHost {
  let target = ''
  const env = 'prod-1a2b'
  const service = 'caiquan'
  const testHost = onPhone(
    name,
    (wx, phone) => withCloud(wx, { phone, env, service, openid: name, target: () => target, socketOpenid: !ios }),
    { storage },
  )
  if (!testHost.phone || !testHost.wx) throw new Error('a phone was expected')
  const { cloudHosting } = loadInPhone(CLOUD_FILE, testHost.phone, testHost.wx) as typeof Cloud
  return Object.assign(testHost, {
    options: cloudHosting({ env, service }),
    reach: (url: string) => void (target = url),
    gatewayLogin: true,
  })
}

/** A framework whose promise comes after its socket has opened, so that the app's listeners come too late. */
export const tooLate = (name: string): TestHost => onPhone(name, taro, { given: true })

const cjs = (): SdkModule => createRequire(import.meta.url)(join(import.meta.dirname, '../../dist/cjs/index.js')) as SdkModule

/** Every host, by its name. `name` is the player's; the storage may be that of an earlier run. */
export const HOSTS: Record<string, (name: string, storage?: Map<string, string>) => TestHost> = {
  'a mini program': (name, storage) => onPhone(name, (wx) => wx, { storage }),
  'a mini game': (name, storage) => onPhone(name, miniGame, { storage }),
  'a plugin': (name, storage) => onPhone(name, plugin, { storage }),
  Taro: (name, storage) => onPhone(name, taro, { given: true, lateListeners: true, storage }),
  'uni-app': (name, storage) => onPhone(name, uniApp, { given: true, storage }),
  'WeChat cloud hosting': (name, storage) => inCloud(name, false, storage),
  'WeChat cloud hosting, with sockets that carry no openid': (name, storage) => inCloud(name, true, storage),
  'a browser or Node, as a module': (name) => ({ sdk: sources, options: { login: () => codeOf(name) } }),
  'Node with ws, as CommonJS': (name) => ({
    sdk: cjs(),
    options: { login: () => codeOf(name), WebSocket: WsWebSocket as unknown as WebSocketConstructor },
  }),
}
