/**
 * `wx.createWebAudioContext` on the browser's own. @throws Error before the first click or key: until then a browser plays nothing, and
 * logs an error.
 */
export function createAudio(): WechatMiniprogram.WebAudioContext {
  if (!navigator.userActivation.hasBeenActive) throw new Error('A browser plays nothing before it was touched.')
  return new AudioContext() as unknown as WechatMiniprogram.WebAudioContext
}
