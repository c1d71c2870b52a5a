import { z } from 'zod'
import type { PublicPlayer } from '../../../client-sdk/src/protocol.ts'
import type { Config } from '../config.ts'
import type { Database } from '../database.ts'
import { CatalogueError, isOutage } from '../errors.ts'
import { playerConsentKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import type { WechatApi } from '../wechat/api.ts'

/**
 * "Your friend is waiting": one message by WeChat to a host who has left their room, for each time that they agreed to one.
 * @see https://developers.weixin.qq.com/miniprogram/dev/framework/open-ability/subscribe-message.html
 */
export interface WaitingNotices {
  /** The player has just agreed to one message; agreements that were not used yet do not add up. */
  consent(player: string): Promise<void>
  /** Sends the message if the host has agreed to one. Nobody waits for it, and it never throws. */
  friendWaits(host: string, friend: PublicPlayer, code: string): void
}

export interface WaitingNoticesOptions {
  redis: RedisClient
  database: Database
  api: WechatApi
  config: Pick<Config, 'WECHAT_WAITING_TEMPLATE' | 'WECHAT_WAITING_FIELDS' | 'WECHAT_WAITING_HINT'>
  metrics: Pick<Metrics, 'notices'>
  log: Log
}

const KEEP_MS = 30 * 86_400_000
/** The longest text that WeChat accepts in a field of the kind "thing". */
const FIELD_LENGTH = 20

const cut = (text: string): string => Array.from(text).slice(0, FIELD_LENGTH).join('')

export function createWaitingNotices({ redis, database, api, config, metrics, log }: WaitingNoticesOptions): WaitingNotices {
  async function send(host: string, friend: PublicPlayer, code: string): Promise<void> {
    // The agreement is removed first, and the node that removed it sends: a node that dies in between sends nothing, and no two nodes send
    // for one agreement.
    if ((await redis.del(playerConsentKey(host))) === 0) return
    const row = await database.player.findFirst({ where: { id: host, deletedAt: null }, select: { openid: true } })
    if (!row) return
    const values = { friend: friend.nickname, hint: config.WECHAT_WAITING_HINT, code }
    const data = Object.fromEntries(
      Object.entries(config.WECHAT_WAITING_FIELDS).map(([field, value]) => [field, { value: cut(values[value]) }]),
    )
    const request = { touser: row.openid, template_id: config.WECHAT_WAITING_TEMPLATE, page: `pages/home/home?code=${code}`, data }
    const { errcode } = await api.post('/cgi-bin/message/subscribe/send', request, { errmsg: z.string().optional() })
    metrics.notices.inc({ outcome: errcode === 0 ? 'sent' : 'refused' })
    // 43101: the player has changed their mind in WeChat's settings.
    if (errcode !== 0) log.warn({ errcode }, 'WeChat did not send a message to a host')
  }

  return {
    async consent(player) {
      await redis.set(playerConsentKey(player), '1', 'PX', KEEP_MS)
    },
    friendWaits(host, friend, code) {
      send(host, friend, code).catch((error: unknown) => {
        metrics.notices.inc({ outcome: 'failed' })
        if (!isOutage(error) && !(error instanceof CatalogueError)) log.error({ err: error }, 'a message to a host could not be sent')
      })
    },
  }
}
