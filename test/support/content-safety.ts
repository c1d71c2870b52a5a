import sharp from 'sharp'
import type { OwnPlayer } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Counts } from '../../tools/wechat/server-calls.ts'
import { http } from './http.ts'

/** Content safety with short times, for tests. */
export const SAFETY_ENV = {
  CONTENT_SAFETY: 'wechat',
  CONTENT_CHECK_POLL_MS: '200',
  CONTENT_CHECK_LEASE_MS: '3000',
  CONTENT_CHECK_RETRY_MS: '200',
  CONTENT_CHECK_RETRY_MAX_MS: '800',
  CONTENT_CHECK_QUOTA_MS: '500',
  CONTENT_CHECK_ANSWER_MS: '4000',
  WECHAT_TIMEOUT_MS: '1000',
}

/** How often the stand-in was called. */
export async function countsOf({ info }: Cluster): Promise<Counts> {
  return (await http<Counts>(`${info.wechat.url}/stand-in/counts`)).body
}

/** A picture of one colour, in base64. */
export async function pictureOf(background: string): Promise<string> {
  return (
    await sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toBuffer()
  ).toString('base64')
}

export const changeMe = (url: string, sessionid: string, body: object) =>
  http<{ player: OwnPlayer }>(`${url}/api/me`, { method: 'PUT', headers: { sessionid }, body })

/** How a player sees themselves. */
export async function ownOf(url: string, sessionid: string): Promise<OwnPlayer> {
  return (await http<{ player: OwnPlayer }>(`${url}/api/session`, { headers: { sessionid } })).body.player
}
