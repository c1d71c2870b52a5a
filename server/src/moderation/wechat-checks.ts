import { z } from 'zod'
import { CatalogueError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { WechatApi } from '../wechat/api.ts'

/** WeChat's result for a text or a picture; `review` means that a person should look at it. */
export const suggestions = z.enum(['pass', 'review', 'risky'])
export type Suggestion = z.infer<typeof suggestions>

/** Why WeChat did not check a value; all of these may change. */
export type Delay = 'unavailable' | 'quota' | 'unseen' | 'refused'

export type TextOutcome = { suggestion: Suggestion } | { delay: Delay }
/** The result for a picture comes later, under this trace id. */
export type PictureOutcome = { traceId: string } | { suggestion: 'risky' } | { delay: Delay }

/** Sends to WeChat what a player, identified by their openid, shows of themselves. Rejects only if Redis is away. */
export interface WechatChecks {
  /** @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/sec-center/sec-check/msgSecCheck.html */
  text(openid: string, content: string): Promise<TextOutcome>
  /**
   * @param url the address at which WeChat can load the picture
   * @see https://developers.weixin.qq.com/miniprogram/dev/server/API/sec-center/sec-check/api_mediacheckasync
   */
  picture(openid: string, url: string): Promise<PictureOutcome>
}

const VERSION = 2
/** A profile, as opposed to comments, forums and diaries. */
const SCENE_PROFILE = 1
const MEDIA_PICTURE = 2
/** The result of version 1 for a risky text; a proxy of version 2 may return it too. */
const RISKY = 87014

const DELAYS: Record<number, Delay> = {
  [-1]: 'unavailable',
  45009: 'quota',
  45011: 'quota',
  // WeChat only checks values of players who have used the mini program within the last two hours.
  61010: 'unseen',
}

export function createWechatChecks(api: WechatApi, log: Log): WechatChecks {
  function delayOf(errcode: number): { delay: Delay } {
    const delay = DELAYS[errcode] ?? 'refused'
    if (delay === 'refused') log.error({ errcode }, 'WeChat refuses to check a nickname or picture')
    else log.warn({ errcode }, 'WeChat does not check a nickname or picture now')
    return { delay }
  }

  /** Runs a call; a missing reply is a delay like any other. */
  async function attempt<T>(run: () => Promise<T>): Promise<T | { delay: Delay }> {
    try {
      return await run()
    } catch (error) {
      if (error instanceof CatalogueError) return { delay: 'unavailable' }
      throw error
    }
  }

  return {
    text: (openid, content) =>
      attempt(async (): Promise<TextOutcome> => {
        const shape = { result: z.object({ suggest: suggestions }).optional() }
        const { errcode, result } = await api.post('/wxa/msg_sec_check', { openid, content, version: VERSION, scene: SCENE_PROFILE }, shape)
        if (errcode === RISKY) return { suggestion: 'risky' }
        return errcode === 0 && result ? { suggestion: result.suggest } : delayOf(errcode)
      }),
    picture: (openid, url) =>
      attempt(async (): Promise<PictureOutcome> => {
        const shape = { trace_id: z.string().min(1).max(64).optional() }
        const request = { openid, media_url: url, media_type: MEDIA_PICTURE, version: VERSION, scene: SCENE_PROFILE }
        const { errcode, trace_id: traceId } = await api.post('/wxa/media_check_async', request, shape)
        if (errcode === RISKY) return { suggestion: 'risky' }
        return errcode === 0 && traceId !== undefined ? { traceId } : delayOf(errcode)
      }),
  }
}
