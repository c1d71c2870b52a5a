import { request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { WxApi, WxRequestOptions, WxSocketTask } from '../../src/host/wx-api.ts'
import { FakeSocketTask, type ConnectCall } from './fake-socket-task.ts'
import type { Phone } from './phone.ts'

/** WeChat allows an app this many sockets. */
const PLACES = 5
const METHODS = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT'])

export interface FakeWxOptions {
  phone: Phone
  /** The login code that `wx.login` gives next. */
  code: () => string
  storage?: Map<string, string>
  /** Whether listeners on a socket may come late, as behind a framework that promises it. */
  lateListeners?: boolean
}

/** A strict stand-in for `wx`, with the state that a test reads and controls. */
export interface FakeWx {
  wx: WxApi
  storage: Map<string, string>
  tasks: FakeSocketTask[]
  /** The largest number of sockets whose end the app had not asked for, and the largest number that existed at all. */
  maxOpen: number
  maxAlive: number
  /** Listeners on the app's life and the network that were not removed. */
  readonly listeners: number
  logins: number
  requests: { method: string; url: string; header: Record<string, string> }[]
  /** Whether the domain is on the mini program's list. */
  domainAllowed: boolean
  /** Whether packets of new sockets are swallowed; waiting sockets get through when it is set to false. */
  blackhole: boolean
  /** The result of `wx.checkSession`. */
  sessionHolds: boolean
  /** If set, `wx.login` fails with it. */
  loginFails: string | null
  /** If set, `wx.login` never calls back. */
  loginHangs: boolean
}

/** Makes a `wx` that lives on this phone. */
export function fakeWx({ phone, code, storage = new Map(), lateListeners = false }: FakeWxOptions): FakeWx {
  const shows = new Set<() => void>()
  const hides = new Set<() => void>()
  const networks = new Set<(event: { isConnected: boolean; networkType: string }) => void>()
  phone.onVisible.add((visible) => (visible ? shows : hides).forEach((listener) => listener()))
  phone.onNetwork.add((networkType) => networks.forEach((listener) => listener({ isConnected: networkType !== 'none', networkType })))
  phone.onDrop.add((notify) => state.tasks.forEach((task) => task.drop(notify)))

  /** Removes a listener. Without an argument WeChat removes all of them, including those of other code. */
  const remove = <T>(set: Set<T>, listener: object | undefined): void => {
    if (!listener) phone.faults.push(new Error('off… without a listener removes those of other code'))
    else set.delete(listener as T)
  }

  let blackhole = false
  const state: FakeWx = {
    storage,
    tasks: [],
    maxOpen: 0,
    maxAlive: 0,
    get listeners() {
      return shows.size + hides.size + networks.size
    },
    logins: 0,
    requests: [],
    domainAllowed: true,
    get blackhole() {
      return blackhole
    },
    set blackhole(on) {
      blackhole = on
      if (!on && phone.network !== 'none') state.tasks.forEach((task) => task.dial())
    },
    sessionHolds: true,
    loginFails: null,
    loginHangs: false,

    wx: {
      connectSocket(options: ConnectCall): WxSocketTask {
        const { fail, success } = options
        const alive = state.tasks.filter((task) => task.alive)
        const refusal = !state.domainAllowed
          ? 'connectSocket:fail url not in domain list'
          : alive.length >= PLACES
            ? 'connectSocket:fail exceed max task count'
            : null
        const task = new FakeSocketTask({
          phone,
          call: options,
          lateListeners,
          blackhole: refusal !== null || blackhole || phone.network === 'none',
        })
        if (refusal !== null) {
          task.alive = false
          if (fail) phone.run(() => fail({ errMsg: refusal, errno: 600002 }))
          return task
        }
        state.tasks.push(task)
        state.maxAlive = Math.max(state.maxAlive, alive.length + 1)
        state.maxOpen = Math.max(state.maxOpen, alive.filter((other) => !other.closeAsked).length + 1)
        if (success) phone.run(success)
        return task
      },

      request(options: WxRequestOptions): void {
        const { url, method, data, header = {}, timeout = 60_000, success, fail } = options
        const refuse = (errMsg: string): void => phone.run(() => fail({ errMsg: `request:fail ${errMsg}` }))
        state.requests.push({ method, url, header })
        if (!METHODS.has(method)) return refuse(`method ${method as string} is not supported`)
        if (!state.domainAllowed) return refuse('url not in domain list')
        if (phone.network === 'none') return refuse('net::ERR_INTERNET_DISCONNECTED')
        const begin = url.startsWith('https') ? httpsRequest : httpRequest
        const call = begin(
          url,
          { method, headers: { 'content-type': 'application/json', ...header }, rejectUnauthorized: false, timeout },
          (response) => {
            const parts: Buffer[] = []
            response.on('data', (part: Buffer) => parts.push(part))
            response.on('error', () => refuse('net::ERR_CONNECTION_RESET'))
            response.on('end', () => {
              const text = Buffer.concat(parts).toString()
              let body: unknown = text
              try {
                body = JSON.parse(text)
              } catch {
                // WeChat passes on a body that it cannot parse.
              }
              phone.run(() => success({ statusCode: response.statusCode || 0, data: body, header: response.headers }))
            })
          },
        )
        call.on('timeout', () => call.destroy(new Error('timeout')))
        call.on('error', (error) => refuse(error.message))
        call.end(data)
      },

      login({ success, fail }): void {
        state.logins++
        if (state.loginHangs) return
        const errMsg = phone.network === 'none' ? 'login:fail network' : state.loginFails
        phone.run(() => (errMsg === null ? success({ code: code() }) : fail({ errMsg })))
      },
      checkSession({ success, fail }): void {
        phone.run(() => (state.sessionHolds ? success() : fail({ errMsg: 'checkSession:fail session expired' })))
      },

      // Storage has no null: a missing value is the empty string.
      getStorageSync: (key) => storage.get(key) || '',
      setStorageSync: (key, value) => void storage.set(key, value),
      removeStorageSync: (key) => void storage.delete(key),

      getNetworkType({ success }): void {
        phone.run(() => success({ networkType: phone.network }))
      },
      onNetworkStatusChange: (listener) => void networks.add(listener),
      offNetworkStatusChange: (listener) => remove(networks, listener),
      onAppShow: (listener) => void shows.add(listener),
      onAppHide: (listener) => void hides.add(listener),
      offAppShow: (listener) => remove(shows, listener),
      offAppHide: (listener) => remove(hides, listener),
    },
  }
  return state
}
