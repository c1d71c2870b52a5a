import { loginCode } from './player.ts'
import { request } from './request.ts'
import { connectSocket } from './socket.ts'
import { language } from './words.ts'

/** `wx` of a mini game, as far as the client in `minigame/` and the SDK use it: a canvas and touches, no pages. */

type Listener<T> = (event: T) => void
interface Callbacks<T> {
  success?: (result: T) => void
}

const shows = new Set<() => void>()
const hides = new Set<() => void>()
const networks = new Set<Listener<{ isConnected: boolean; networkType: string }>>()
const networkType = (): string => (navigator.onLine ? 'wifi' : 'none')

document.addEventListener('visibilitychange', () => {
  for (const listener of document.visibilityState === 'visible' ? shows : hides) listener()
})
for (const event of ['online', 'offline'])
  addEventListener(event, () => {
    for (const listener of networks) listener({ isConnected: navigator.onLine, networkType: networkType() })
  })

const screen = document.createElement('canvas')
document.body.append(screen)
let created = false
document.documentElement.lang = language().startsWith('zh') ? 'zh-CN' : 'en'

/** Later, as WeChat calls back. */
const later = <T>(option: Callbacks<T>, result: T): void => queueMicrotask(() => option.success?.(result))

const api = {
  createCanvas(): HTMLCanvasElement {
    if (created) throw new Error('The preview has one canvas, which is the screen.')
    created = true
    return screen
  },
  getWindowInfo: () => ({
    windowWidth: innerWidth,
    windowHeight: innerHeight,
    pixelRatio: devicePixelRatio,
    // The bar of the menu, which floats over every mini game.
    safeArea: { left: 0, top: 24, right: innerWidth, bottom: innerHeight, width: innerWidth, height: innerHeight - 24 },
  }),
  getAppBaseInfo: () => ({ language: language(), theme: matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light' }),
  onTouchStart: (listener: Listener<{ touches: { clientX: number; clientY: number }[] }>) =>
    screen.addEventListener('pointerdown', ({ clientX, clientY }) => listener({ touches: [{ clientX, clientY }] })),

  request,
  connectSocket,
  login: (option: Callbacks<{ code: string }>) => later(option, { code: loginCode() }),
  checkSession: (option: Callbacks<void>) => later(option, undefined),
  getStorageSync: (key: string) => sessionStorage.getItem(`wx.${key}`) ?? '',
  setStorageSync: (key: string, value: string) => sessionStorage.setItem(`wx.${key}`, value),
  removeStorageSync: (key: string) => sessionStorage.removeItem(`wx.${key}`),
  getNetworkType: (option: Callbacks<{ networkType: string }>) => later(option, { networkType: networkType() }),
  onNetworkStatusChange: (listener: Listener<{ isConnected: boolean; networkType: string }>) => void networks.add(listener),
  offNetworkStatusChange: (listener: Listener<{ isConnected: boolean; networkType: string }>) => void networks.delete(listener),
  onShow: (listener: () => void) => void shows.add(listener),
  onHide: (listener: () => void) => void hides.add(listener),
  offShow: (listener: () => void) => void shows.delete(listener),
  offHide: (listener: () => void) => void hides.delete(listener),
}

/** What a mini game does not have, and the SDK looks for. */
const ABSENT = new Set(['onAppShow', 'onAppHide', 'offAppShow', 'offAppHide'])

// Reading anything else throws, so that nothing is missed.
Object.assign(globalThis, {
  wx: new Proxy(api, {
    get(target, name) {
      if (name in target || typeof name === 'symbol' || ABSENT.has(name)) return target[name as keyof typeof api]
      throw new Error(`The preview of the mini game does not provide wx.${name}.`)
    },
  }),
})
