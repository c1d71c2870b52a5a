import type { GameClient } from 'caiquan-client'

/** Where the game client keeps its session. */
const SESSION = 'caiquan.session'
const NO_CONTENT = 204
const TIMEOUT_MS = 15_000

/**
 * Deletes the player's account. The connection is closed first: the client would log in again as soon as the server ends it, and create a
 * new account that nobody asked for. Resolves once the account is gone and nobody is logged in; rejects with a code of the server, or
 * `network`, and connects again. Repeating it does no harm.
 */
export async function deleteAccount(client: Pick<GameClient, 'close' | 'connect' | 'logout'>, server: string): Promise<void> {
  client.close()
  try {
    await askForDeletion(server)
  } catch (error) {
    client.connect().catch(() => undefined)
    throw error
  }
  await client.logout().catch(() => undefined)
}

function askForDeletion(server: string): Promise<void> {
  return new Promise((resolve, reject) => {
    wx.request<{ error?: { code: string } } | ''>({
      url: `${server}/api/me`,
      method: 'DELETE',
      header: { sessionid: String(wx.getStorageSync(SESSION) || '') },
      timeout: TIMEOUT_MS,
      success: ({ statusCode, data }) => {
        if (statusCode === NO_CONTENT) resolve()
        else reject(Object.assign(new Error(`HTTP ${statusCode}`), { code: (data && data.error?.code) || 'unavailable' }))
      },
      fail: ({ errMsg }) => reject(Object.assign(new Error(errMsg), { code: 'network' })),
    })
  })
}
