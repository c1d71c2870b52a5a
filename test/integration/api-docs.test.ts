/** A running server returns and emits exactly the fields that docs/openapi.yaml and docs/asyncapi.yaml describe. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { io } from 'socket.io-client'
import type { AnyGame } from '../../games/rules.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { loadGame } from '../../server/src/game.ts'
import { asyncApiDocument } from '../../tools/docs/asyncapi.ts'
import { openApiDocument } from '../../tools/docs/openapi.ts'
import { checkerOf, resolveRef } from '../support/api-documents.ts'
import { testCluster } from '../support/cluster.ts'
import { http, type HttpReply } from '../support/http.ts'
import { PNG } from '../support/picture.ts'
import { TestPlayer, wechatCode } from '../support/player.ts'
import { anyMove, shortest } from '../support/rules-player.ts'

describe.each(['rps', 'liars-dice'])('a cluster that plays %s', (name) => {
  let cluster: Cluster
  let game: AnyGame
  let url: string
  let ann: TestPlayer
  let ben: TestPlayer
  let spectator: TestPlayer

  beforeAll(async () => {
    game = await loadGame(name)
    cluster = await testCluster({
      nodes: 2,
      nginx: true,
      env: { GAME: name, WECHAT_WAITING_TEMPLATE: 'template-1', WECHAT_WAITING_FIELDS: 'thing1=friend,thing2=hint,character_string3=code' },
    })
    ;({ url } = cluster.info)
    events = eventChecks(game)
    calls = callChecks(game)
    ;[ann, ben, spectator] = (await Promise.all(['ann', 'ben', 'spectator'].map((who) => person(`${who}-${name}`)))) as [
      TestPlayer,
      TestPlayer,
      TestPlayer,
    ]
  })
  afterAll(async () => {
    for (const player of [ann, ben, spectator]) player?.close()
    await cluster?.close()
  })

  let events: ReturnType<typeof eventChecks>
  let calls: ReturnType<typeof callChecks>

  /** A player whose every event and acknowledgement is checked. */
  async function person(who: string, node = 0): Promise<TestPlayer> {
    const player = await TestPlayer.join(who, cluster.nodes[node]?.url ?? '')
    player.socket.onAny((event: string, payload: unknown) => events.emitted(event, payload))
    const raw = player.raw.bind(player)
    player.raw = async <T>(event: string, ...args: unknown[]) => {
      const reply = await raw<T>(event, ...args)
      events.asked(event, args, reply)
      return reply
    }
    return player
  }

  const call = async (
    operation: string,
    path: string,
    options: Parameters<typeof http>[1] = {},
  ): Promise<HttpReply<Record<string, never>>> => {
    const reply = await http<Record<string, never>>(`${path.endsWith('z') ? cluster.nodes[0]?.url : url}${path}`, options)
    calls.answered(operation, options.body, reply)
    return reply
  }
  const as = ({ sessionId }: Pick<TestPlayer, 'sessionId'>, options: Parameters<typeof http>[1] = {}) => ({
    ...options,
    headers: { sessionid: sessionId },
  })

  test('a match is played, watched and asked for again', async () => {
    const bestOf = shortest(game)
    await ann.request('player:foreground', { foreground: true })
    expect((await ann.raw('match:sync')).ok).toBe(true)
    expect(await ann.raw('match:find', { mode: 'casual', bestOf })).toMatchObject({ data: { state: 'queued' } })
    expect((await ann.raw('match:sync', {})).ok).toBe(true)
    expect((await ann.raw('match:cancel', null)).ok).toBe(true)
    const { code } = await ann.request('room:create', { bestOf })
    const { match } = await spectator.request('match:watch', { code })
    await ben.request('room:join', { code: ` ${code.toLowerCase()} ` })
    await ann.request('match:emote', { matchId: match.id, emote: 'hello' })
    const ended = await Promise.all([ann, ben].map((player) => player.play(match.id, anyMove(game, player, Math.random))))
    expect(ended[0]?.status).toBe('finished')
    await ann.request('match:rematch', { matchId: match.id })
    await ben.request('match:rematch', { matchId: match.id })
    await ann.until(() => ann.current?.id !== match.id, 'the second match')
    await ben.request('match:leave', { matchId: ann.current?.id })
    expect(await ann.request('match:find', { mode: 'practice', bestOf })).toMatchObject({ state: 'matched' })
    await ann.request('match:sync')
    await ann.request('match:leave', { matchId: ann.current?.id })
  })

  test('a wrong request gets an error of the catalogue', async () => {
    const matchId = `0-${'0'.repeat(21)}`
    for (const [event, ...args] of [
      ['match:move', { matchId, round: 1, move: 'no move of any game' }],
      ['match:watch', { matchId }],
      ['match:emote', { matchId, emote: 'rude' }],
      ['match:rematch', { matchId }],
      ['room:join', { code: 'QQQQQQ' }],
      ['match:find', { mode: 'casual', other: 1 }],
    ] as const) {
      expect((await ann.raw(event, ...args)).ok, event).toBe(false)
    }
    const refused = io(cluster.nodes[0]?.url ?? '', {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { sessionId: 'none' },
    })
    const error = await new Promise<Error>((resolve) => refused.once('connect_error', resolve))
    events.emitted('CONNECT_ERROR', (error as Error & { data: unknown }).data)
    events.sent('CONNECT', { sessionId: ann.sessionId, background: true })
  })

  test('every HTTP reply matches the document, and every operation has succeeded', async () => {
    const login = await call('postApiLogin', '/api/login', {
      method: 'POST',
      body: { code: wechatCode(`carl-${name}`), profile: { nickname: 'Carl' } },
    })
    const carl = { sessionId: login.body['sessionId'] as unknown as string }
    await call('postApiLogin', '/api/login', { method: 'POST', body: { code: 'invalid' } })
    await call('postApiLogin', '/api/login', { method: 'POST', body: { code: 7 } })
    await call('getApiSession', '/api/session', as(carl))
    await call('getApiSession', '/api/session')
    await call('patchApiMe', '/api/me', as(carl, { method: 'PATCH', body: { nickname: 'Carla' } }))
    await call('patchApiMe', '/api/me', as(carl, { method: 'PATCH', body: { avatar: 'none' } }))
    const changed = await call('putApiMe', '/api/me', as(ann, { method: 'PUT', body: { avatar: PNG.toString('base64') } }))
    const { avatarUrl } = changed.body['player'] as unknown as { avatarUrl: string }
    await call('getApiAvatarsPlayerHash', avatarUrl.replace(url, ''))
    await call('getApiAvatarsPlayerHash', `/api/avatars/${ann.player.id}/none`)
    await call('putApiMeConsent', '/api/me/consent', as(carl, { method: 'PUT' }))
    await call('getApiLeaderboard', '/api/leaderboard')
    await call('getApiLeaderboard', '/api/leaderboard?period=week&limit=1', as(ann))
    await call('getApiLeaderboard', '/api/leaderboard?limit=0')
    await call('getApiOnline', '/api/online')
    // The recorder is slightly behind.
    await expect.poll(async () => (await call('getApiMatches', '/api/matches?limit=1', as(ann))).body['next']).toBeTruthy()
    const { next, matches } = (await call('getApiMatches', '/api/matches?limit=1', as(ann))).body as unknown as {
      next: string
      matches: { id: string }[]
    }
    await call('getApiMatches', `/api/matches?before=${next}`, as(ann))
    await call('getApiMatches', '/api/matches?before=x', as(ann))
    await call('getApiMatchesId', `/api/matches/${matches[0]?.id}`, as(ann))
    await call('getApiMatchesId', '/api/matches/x', as(ann))
    await call('getApiHeadToHeadPlayer', `/api/head-to-head/${ben.player.id}`, as(ann))
    await call('getHealthz', '/healthz')
    await call('getReadyz', '/readyz')
    await call('deleteApiSession', '/api/session', as(spectator, { method: 'DELETE' }))
    await call('deleteApiMe', '/api/me', as(carl, { method: 'DELETE' }))
    expect(calls.unseen()).toEqual([])
  })

  test('every event matches the document, and every one was seen', async () => {
    const second = TestPlayer.resume(ben, cluster.nodes[1]?.url ?? '')
    await ben.until(() => ben.replaced, 'the newer connection')
    second.close()
    await Promise.all([ann.until(() => !ann.socket.connected, 'the end of the node'), cluster.nodes[0]?.stop()])
    expect(events.faults).toEqual([])
    expect(events.unseen()).toEqual([])
  })
})

/** Checks values against the messages of AsyncAPI, and notes which have been seen. */
function eventChecks(game: AnyGame) {
  const document = asyncApiDocument(game)
  const { messages } = document.channels.game
  const [open, closed] = [checkerOf(document, { closed: false }), checkerOf(document, { closed: true })]
  const seen = new Set<string>()
  const faults: string[] = []
  const check = (event: string, kind: 'request' | 'ack' | 'event', value: unknown): string => {
    const [id, message] =
      Object.entries(messages).find(
        ([key, each]) =>
          each.name === event &&
          (key.endsWith('Ack') ? 'ack' : key.startsWith('on') || key === 'connectError' ? 'event' : 'request') === kind,
      ) ?? []
    if (!id || !message) return `no ${kind} ${event}`
    const wrong = (kind === 'request' ? open : closed)(message.payload, value)
    if (!wrong) seen.add(id)
    return wrong
  }
  return {
    emitted(event: string, payload: unknown) {
      const wrong = check(event, 'event', payload ?? null)
      if (wrong) faults.push(`${event}: ${wrong}`)
    },
    /** Events that did not match. */
    faults,
    sent: (event: string, payload: unknown) => expect(check(event, 'request', payload)).toBe(''),
    /** The server accepts every request that the document accepts, and refuses all others as `bad_request`. */
    asked(event: string, [request = null]: unknown[], reply: { ok: boolean; error?: { code: string } }) {
      expect(check(event, 'ack', reply)).toBe('')
      const wrong = check(event, 'request', request)
      expect(wrong === '', `${event} ${JSON.stringify(request)}: ${wrong}`).toBe(reply.error?.code !== 'bad_request')
    },
    unseen: () => Object.keys(messages).filter((id) => !seen.has(id)),
  }
}

/** Checks replies against the operations of OpenAPI, and notes which have succeeded. */
function callChecks(game: AnyGame) {
  const document = openApiDocument(game)
  const [open, closed] = [checkerOf(document, { closed: false }), checkerOf(document, { closed: true })]
  const operations = new Map(
    Object.values(document.paths)
      .flatMap((path) => Object.values(path))
      .map((operation) => [operation.operationId, operation]),
  )
  interface Content {
    content?: Record<string, { schema: object }>
    $ref?: string
  }
  const seen = new Set<string>()
  return {
    answered(id: string, request: unknown, { status, headers, body }: HttpReply) {
      const operation = operations.get(id) as { requestBody?: Content; responses: Record<string, Content> } | undefined
      const entry = operation?.responses[status]
      expect(entry, `${id} ${status} ${JSON.stringify(body)}`).toBeDefined()
      const { content } = (entry?.$ref ? resolveRef(document, entry.$ref) : entry) as Content
      const json = content?.['application/json']
      if (json) expect(closed(json.schema, body), id).toBe('')
      else if (content) expect(headers['content-type']).toMatch(/^image\//)
      else expect(body).toBe('')
      const sent = operation?.requestBody?.content?.['application/json']
      if (sent && status === 200) expect(open(sent.schema, request), id).toBe('')
      if (status < 300) seen.add(id)
    },
    unseen: () => [...operations.keys()].filter((id) => !seen.has(id)),
  }
}
