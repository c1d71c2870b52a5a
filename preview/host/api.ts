import { createAudio } from './audio.ts'
import { showModal, showToast } from './dialogs.ts'
import { createCanvas, readFile, writeFile } from './files.ts'
import { hides, networks, networkType, shows } from './life.ts'
import { alertBeforeBack, back, push, replace, setTitle } from './pages.ts'
import { loginCode } from './player.ts'
import { onNeedPrivacyAuthorization, privacySetting, requirePrivacy } from './privacy.ts'
import { request } from './request.ts'
import { libraryVersion, updates } from './updates.ts'
import { connectSocket } from './socket.ts'
import { language, words } from './words.ts'

type Wx = WechatMiniprogram.Wx
interface Callbacks {
  success?: (result: never) => void
  fail?: (failure: never) => void
  complete?: (result: never) => void
}

/** Runs a call as WeChat does: callbacks later, or a promise if none were given. Its many overloads leave no better type. */
function answer(name: string, option: Callbacks | undefined, run: () => object | void | Promise<object>): never {
  const { success, fail, complete } = option ?? {}
  const result = Promise.resolve()
    .then(run)
    .then((value) => ({ ...value, errMsg: `${name}:ok` }))
  if (!success && !fail && !complete) return result as never
  result
    .then(
      (value) => {
        success?.(value as never)
        complete?.(value as never)
      },
      (error: Error) => {
        const failure = { errMsg: `${name}:fail ${error.message}`, ...('errno' in error && { errno: error.errno }) }
        fail?.(failure as never)
        complete?.(failure as never)
      },
    )
    .catch(reportError)
  return undefined as never
}

/** Removing all listeners at once would remove those of others too: this is forbidden. */
function off<T>(set: Set<T>, listener: T | undefined): void {
  if (!listener) throw new Error('The preview takes off only listeners that are named.')
  set.delete(listener)
}

const api = {
  request: request as Wx['request'],
  connectSocket,
  login: (option) => answer('login', option, () => ({ code: loginCode() })),
  // The stand-in's sessions do not expire.
  checkSession: (option) => answer('checkSession', option, () => {}),

  getFileSystemManager: (() => ({
    readFile: (option: WechatMiniprogram.ReadFileOption) => answer('readFile', option, () => ({ data: readFile(option) })),
    writeFile: (option: WechatMiniprogram.WriteFileOption) => answer('writeFile', option, () => writeFile(option)),
  })) as unknown as Wx['getFileSystemManager'],

  env: { USER_DATA_PATH: 'http://usr' },
  createOffscreenCanvas: createCanvas as unknown as Wx['createOffscreenCanvas'],
  createWebAudioContext: createAudio,

  getStorageSync: ((key: string) => sessionStorage.getItem(`wx.${key}`) ?? '') as Wx['getStorageSync'],
  setStorageSync: (key, value) => {
    if (typeof value !== 'string') throw new Error('wx.setStorageSync in the preview keeps text only.')
    sessionStorage.setItem(`wx.${key}`, value)
  },
  removeStorageSync: (key) => sessionStorage.removeItem(`wx.${key}`),

  navigateTo: (option) => answer('navigateTo', option, () => push(option.url)),
  redirectTo: (option) => answer('redirectTo', option, () => replace(option.url, false)),
  reLaunch: (option) => answer('reLaunch', option, () => replace(option.url, true)),
  navigateBack: (option) => answer('navigateBack', option, () => back(option?.delta ?? 1)),
  setNavigationBarTitle: (option) => answer('setNavigationBarTitle', option, () => setTitle(option.title)),

  enableAlertBeforeUnload: (option) => answer('enableAlertBeforeUnload', option, () => alertBeforeBack(option.message)),
  disableAlertBeforeUnload: (option) => answer('disableAlertBeforeUnload', option, () => alertBeforeBack('')),

  showToast: (option) => answer('showToast', option, () => showToast(option.title, option.duration)),
  showModal: (option) =>
    answer('showModal', option, async () => {
      const confirm = await showModal(option ?? {})
      return { confirm, cancel: !confirm }
    }),
  setClipboardData: (option) =>
    answer('setClipboardData', option, async () => {
      await requirePrivacy('setClipboardData')
      await navigator.clipboard.writeText(option.data)
      return {}
    }),

  requestSubscribeMessage: ((option: WechatMiniprogram.RequestSubscribeMessageOption) =>
    answer('requestSubscribeMessage', option, async () => {
      const agreed = await showModal({ title: words().message })
      return Object.fromEntries(option.tmplIds.map((id) => [id, agreed ? 'accept' : 'reject']))
    })) as unknown as Wx['requestSubscribeMessage'],
  onNeedPrivacyAuthorization: onNeedPrivacyAuthorization as unknown as Wx['onNeedPrivacyAuthorization'],
  getPrivacySetting: (option) => answer('getPrivacySetting', option, privacySetting),
  requirePrivacyAuthorize: (option) =>
    answer('requirePrivacyAuthorize', option, () => requirePrivacy('requirePrivacyAuthorize').then(() => ({}))),
  openPrivacyContract: (option) =>
    answer('openPrivacyContract', option, async () => {
      await showModal({ title: privacySetting().privacyContractName, content: words().contract, showCancel: false })
      return {}
    }),

  vibrateShort: (option) => answer('vibrateShort', option, () => vibrate(15)),
  vibrateLong: (option) => answer('vibrateLong', option, () => vibrate(400)),

  getAppBaseInfo: () => ({ language: language(), SDKVersion: libraryVersion() }) as WechatMiniprogram.AppBaseInfo,
  updateWeChatApp: (option) => answer('updateWeChatApp', option, () => {}),
  getUpdateManager: () => updates,
  setKeepScreenOn: (option) =>
    answer('setKeepScreenOn', option, () => void (document.body.dataset['screen'] = option.keepScreenOn ? 'on' : '')),
  getNetworkType: (option) => answer('getNetworkType', option, () => ({ networkType: networkType() })),
  onNetworkStatusChange: (listener) => void networks.add(listener),
  offNetworkStatusChange: (listener) => off(networks, listener as WechatMiniprogram.OnNetworkStatusChangeCallback | undefined),
  onAppShow: (listener) => void shows.add(listener),
  onAppHide: (listener) => void hides.add(listener),
  offAppShow: (listener) => off(shows, listener as (event: never) => void),
  offAppHide: (listener) => off(hides, listener as (event: never) => void),
} satisfies Partial<Wx>

/** Vibrates for `ms`, if the player has touched the page already: until then a browser refuses and logs an error. */
function vibrate(ms: number): void {
  if (navigator.userActivation.hasBeenActive) navigator.vibrate?.(ms)
}

/** `wx`, as far as the pages and the SDK use it. Reading anything else throws, so that nothing is missed. */
export const wx = new Proxy(api, {
  get(target, name) {
    // The SDK keeps its own data under symbols.
    if (name in target || typeof name === 'symbol') return target[name as keyof typeof api]
    throw new Error(`The preview does not provide wx.${name}.`)
  },
})
