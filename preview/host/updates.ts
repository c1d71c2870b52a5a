/** The base library that the preview reports; `?library=` in the address chooses another. */
export const libraryVersion = (): string => new URLSearchParams(location.search).get('library') ?? '3.8.0'

/** WeChat's way of reporting that a version was downloaded: here the document gets an event, `update-ready` or `update-failed`. */
export const updates: WechatMiniprogram.UpdateManager = {
  onCheckForUpdate: () => undefined,
  onUpdateReady: (listener) => document.addEventListener('update-ready', () => listener({ errMsg: '' })),
  onUpdateFailed: (listener) => document.addEventListener('update-failed', () => listener({ errMsg: '' })),
  applyUpdate: () => location.reload(),
}
