import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { createHash } from 'node:crypto'
import { createCodes, failure, type Codes } from './codes.ts'
import type { PushTarget } from './media.ts'
import { createServerCalls, type ServerCalls } from './server-calls.ts'

/** The code that never gets a reply. */
const NO_ANSWER = 'error.timeout'
const CODE_LIMIT = 512
const BODY_LIMIT = 65_536

export interface StandInOptions {
  /** The required AppSecret; any is accepted without it. */
  secret?: string
  codes?: Codes
  calls?: ServerCalls
}

/**
 * A server that replies to `jscode2session`, `stable_token`, `msg_sec_check` and `media_check_async` as WeChat does, and pushes the results
 * of the last one. Everyone who can reach it can log in as any player: for development and tests only.
 *
 * Below `/stand-in/` it reports how often it was called (`GET counts`) and can be made to refuse the present access token (`POST
 * refuse-token`).
 * @see https://developers.weixin.qq.com/miniprogram/dev/OpenApiDoc/user-login/code2Session.html
 */
export function createStandIn({ secret, codes = createCodes(), calls = createServerCalls({ secret }) }: StandInOptions = {}): Server {
  return createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (url.pathname === '/healthz') return reply(response, { ok: true })
    if (request.method === 'POST') return void post(request, response, url, calls)
    if (url.pathname === '/stand-in/messages') return reply(response, calls.messages)
    if (url.pathname === '/stand-in/counts') return reply(response, calls.counts)
    if (url.pathname !== '/sns/jscode2session' || !isRead(request)) return reply(response, { errcode: 404, errmsg: 'not found' }, 404)
    const query = url.searchParams
    if (query.get('js_code')?.startsWith(NO_ANSWER)) return
    reply(response, answer(query, secret, codes))
  })
}

function answer(query: URLSearchParams, secret: string | undefined, codes: Codes): object {
  const code = query.get('js_code')
  if (!query.get('appid')) return failure(41002)
  if (!/^wx[0-9A-Za-z]{1,32}$/.test(query.get('appid') ?? '')) return failure(40013)
  if (!query.get('secret')) return failure(41004)
  if (secret !== undefined && query.get('secret') !== secret) return failure(40125)
  if (query.get('grant_type') !== 'authorization_code') return failure(40002)
  if (!code) return failure(41008)
  if (code.length > CODE_LIMIT) return failure(40029)
  const result = codes.redeem(code)
  if ('errcode' in result) return result
  return { session_key: createHash('md5').update(code).digest('base64'), openid: result.openid }
}

async function post(request: IncomingMessage, response: ServerResponse, url: URL, calls: ServerCalls): Promise<void> {
  const body = await bodyOf(request)
  if (body === null) return reply(response, failure(47001))
  if (url.pathname === '/stand-in/refuse-token') calls.refuseToken()
  else {
    const answered = await calls.answer(url.pathname, url.searchParams.get('access_token') ?? '', body)
    if (answered === null) return
    return answered === undefined ? reply(response, { errcode: 404, errmsg: 'not found' }, 404) : reply(response, answered)
  }
  reply(response, { errcode: 0, errmsg: 'ok' })
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown> | null> {
  let text = ''
  request.setEncoding('utf8')
  for await (const chunk of request) {
    text += chunk
    if (text.length > BODY_LIMIT) return null
  }
  try {
    const value: unknown = JSON.parse(text || '{}')
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

const isRead = (request: IncomingMessage): boolean => request.method === 'GET' || request.method === 'HEAD'

/** WeChat labels its JSON as text/plain; clients that parse by label must be found out here. */
function reply(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(JSON.stringify(body))
}

const HELP = `Usage: node tools/wechat/stand-in.ts [--port N] [--host ADDRESS]

A stand-in for WeChat's API: code <name> or <name>.<nonce> logs in as openid <name>, once.
A nonce that begins with the time in ms (13 digits) makes the code end five minutes after it.
error.<errcode> answers with that errcode, error.timeout never answers.

Texts and pictures are checked too: a text (or an address below qlogo.cn) with the word risky, review, busy (-1), quota (45009),
unseen (61010), token (40001) or timeout gets that answer; quota2 passes at the third call. A red picture is risky, a yellow
one to be reviewed, a blue one cannot be loaded, a black one gets no answer.

  --port N         port to listen on (default 8090; 0: any)
  --host ADDRESS   address to listen on (default 127.0.0.1: who reaches it can log in as anybody)
  WECHAT_SECRET    environment: the AppSecret to insist on (default: accept any)
  WECHAT_PUSH_TARGET  environment: {"url","token","aesKey"?}, where results of pictures are pushed to (default: nowhere)
`

function main(): void {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '8090' },
      host: { type: 'string', default: '127.0.0.1' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  const secret = process.env['WECHAT_SECRET']
  const calls = createServerCalls({ secret: secret || undefined })
  const target = process.env['WECHAT_PUSH_TARGET']
  if (target) calls.pushTo(JSON.parse(target) as PushTarget)
  const server = createStandIn({ ...(secret && { secret }), calls })
  server.on('error', (error) => {
    process.stderr.write(`The stand-in cannot listen on ${values.host}:${values.port}: ${error.message}\n`)
    process.exit(1)
  })
  server.listen({ port: Number(values.port), host: values.host }, () => {
    const address = server.address()
    process.stdout.write(`WeChat stand-in on ${values.host}:${typeof address === 'object' ? address?.port : address}\n`)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      server.close()
      server.closeAllConnections()
    })
  }
}

if (import.meta.main) main()
