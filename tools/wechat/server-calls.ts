import { failure } from './codes.ts'
import { createContent, isVerdict, mediaEvent, textAnswer } from './content.ts'
import { opinionOfPicture, pushMessage, type PushTarget } from './media.ts'
import { createTokens } from './tokens.ts'

/** How often each call was made; `forced`: token calls that replaced the token. */
export interface Counts {
  token: number
  forced: number
  text: number
  media: number
  /** Messages to players. */
  sent: number
}

export interface ServerCalls {
  readonly counts: Counts
  /** Messages to players, in the order in which they were sent. */
  readonly messages: readonly object[]
  /** The reply to a call, null for a call that never gets one, undefined if there is no such call. */
  answer(path: string, token: string, body: Record<string, unknown>): Promise<object | null | undefined>
  /** Where messages are pushed to; the results for uploaded pictures have no other way. */
  pushTo(target: PushTarget): void
  /** Refuses the present token from now on. */
  refuseToken(): void
}

/** The calls of servers that need an access token: `stable_token`, `msg_sec_check`, `media_check_async`, `subscribe/send`. */
export function createServerCalls({ secret }: { secret?: string | undefined } = {}): ServerCalls {
  const tokens = createTokens()
  const content = createContent()
  const counts: Counts = { token: 0, forced: 0, text: 0, media: 0, sent: 0 }
  const messages: object[] = []
  let target: PushTarget | null = null
  let appid = ''

  function tokenAnswer(body: Record<string, unknown>): object {
    counts.token += 1
    if (body['grant_type'] !== 'client_credential') return failure(40002)
    if (typeof body['appid'] !== 'string' || !body['appid'].startsWith('wx')) return failure(40013)
    if (secret !== undefined && body['secret'] !== secret) return failure(40125)
    appid = body['appid']
    const forced = body['force_refresh'] === true
    if (forced) counts.forced += 1
    return tokens.issue(forced)
  }

  function checkAnswer(body: Record<string, unknown>): object | null {
    if (typeof body['openid'] !== 'string' || body['openid'] === '') return failure(40003)
    return body['version'] === 2 && body['scene'] === 1 ? null : failure(40129)
  }

  function textCheck(body: Record<string, unknown>): object | null {
    counts.text += 1
    const refused = checkAnswer(body)
    if (refused) return refused
    if (typeof body['content'] !== 'string' || body['content'] === '') return failure(44002)
    const opinion = content.opinionOf(body['content'])
    return opinion === 'timeout' ? null : textAnswer(opinion)
  }

  function send(body: Record<string, unknown>): object {
    if (typeof body['touser'] !== 'string' || body['touser'] === '') return failure(40003)
    if (typeof body['template_id'] !== 'string' || !body['template_id'].startsWith('template-')) return failure(40037)
    if (body['touser'].startsWith('refuses')) return failure(43101)
    counts.sent += 1
    messages.push(body)
    return { errcode: 0, errmsg: 'ok' }
  }

  function mediaCheck(body: Record<string, unknown>): object | null {
    counts.media += 1
    const refused = checkAnswer(body)
    if (refused) return refused
    const url = String(body['media_url'])
    const trace = crypto.randomUUID()
    const said = content.opinionOf(url)
    if (said === 'timeout') return null
    if (said !== 'pass' && !isVerdict(said)) return textAnswer(said)
    const push = async (): Promise<void> => {
      // Pictures on WeChat's own hosts do not exist here: the address alone decides the opinion.
      const opinion = url.includes('.qlogo.cn/') ? said : await opinionOfPicture(url)
      if (opinion !== 'timeout' && target) await pushMessage(target, appid, mediaEvent(appid, trace, opinion))
    }
    void push()
    return { errcode: 0, errmsg: 'ok', trace_id: trace }
  }

  return {
    counts,
    messages,
    pushTo(given) {
      target = given
    },
    refuseToken: tokens.refuse,
    async answer(path, token, body) {
      if (path === '/cgi-bin/stable_token') return tokenAnswer(body)
      const call = { '/wxa/msg_sec_check': textCheck, '/wxa/media_check_async': mediaCheck, '/cgi-bin/message/subscribe/send': send }[path]
      if (!call) return undefined
      return tokens.isValid(token) ? call(body) : failure(40001)
    },
  }
}
