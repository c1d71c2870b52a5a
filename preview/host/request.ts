/** `wx.request` on `fetch`. */
export function request(option: WechatMiniprogram.RequestOption): WechatMiniprogram.RequestTask {
  const { url, method = 'GET', data, header = {}, timeout = 60_000, success, fail, complete, ...rest } = option
  const unknown = Object.keys(rest)[0]
  if (unknown) throw new Error(`wx.request in the preview does not know "${unknown}".`)
  if (data !== undefined && typeof data !== 'string') throw new Error('wx.request in the preview sends text only.')
  const ended = new AbortController()
  const signal = AbortSignal.any([ended.signal, AbortSignal.timeout(timeout)])
  const run = async (): Promise<void> => {
    try {
      const headers = { 'content-type': 'application/json', ...(header as Record<string, string>) }
      const response = await fetch(url, {
        method,
        headers,
        signal,
        credentials: 'same-origin',
        cache: 'no-store',
        ...(data !== undefined && { body: data }),
      })
      const text = await response.text()
      success?.({
        statusCode: response.status,
        data: parsed(text) as WechatMiniprogram.IAnyObject,
        header: Object.fromEntries(response.headers),
        cookies: [],
        errMsg: 'request:ok',
      } as unknown as WechatMiniprogram.RequestSuccessCallbackResult)
    } catch (error) {
      const { name, message } = error as Error
      fail?.({
        errMsg: `request:fail ${name === 'TimeoutError' ? 'timeout' : message}`,
        errno: 600001,
      } as WechatMiniprogram.RequestFailCallbackErr)
    }
    complete?.({ errMsg: 'request' })
  }
  run().catch(reportError)
  return { abort: () => ended.abort() } as WechatMiniprogram.RequestTask
}

/** WeChat passes on as text what is no JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
