const SESSION = 'caiquan.session'
const NO_CONTENT = 204

/**
 * Asks the player whether WeChat may send them one message if a friend waits for them, and reports the reply to the server. Must be called
 * from a tap. Resolves with whether they agreed; rejects if the server was not reached.
 * @see https://developers.weixin.qq.com/miniprogram/dev/api/open-api/subscribe-message/wx.requestSubscribeMessage.html
 */
export function askForNotice(template: string, server: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    wx.requestSubscribeMessage({
      tmplIds: [template],
      success: (answers) => {
        if ((answers as Record<string, string>)[template] !== 'accept') return resolve(false)
        wx.request({
          url: `${server}/api/me/consent`,
          method: 'PUT',
          header: { sessionid: String(wx.getStorageSync(SESSION) || '') },
          success: ({ statusCode }) => {
            if (statusCode === NO_CONTENT) resolve(true)
            else reject(Object.assign(new Error(`HTTP ${statusCode}`), { code: 'unavailable' }))
          },
          fail: ({ errMsg }) => reject(Object.assign(new Error(errMsg), { code: 'network' })),
        })
      },
      // Switched off in WeChat's settings, or not available in this version: treated as no.
      fail: () => resolve(false),
    })
  })
}
