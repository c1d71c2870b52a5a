/**
 * The environment of engine.io-client, as its own `browser` field replaces it for browsers: this one serves mini programs, browsers,
 * workers and Node alike. (Its module for browsers makes code from a string, which mini programs forbid.)
 */
declare const self: object | undefined
declare const window: object | undefined
declare const global: object | undefined

export const nextTick = (run: () => void): void => void Promise.resolve().then(run)

/** The global object; an empty one if the host hides it. */
export const globalThisShim: object =
  typeof globalThis === 'object'
    ? globalThis
    : typeof self === 'object'
      ? self
      : typeof window === 'object'
        ? window
        : typeof global === 'object'
          ? global
          : {}

export const defaultBinaryType = 'arraybuffer'

/** Cookies are handled by the host. */
export const createCookieJar = (): undefined => undefined
