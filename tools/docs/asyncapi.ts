/** docs/asyncapi.yaml: every event of Socket.IO, in both directions. */
import type { CommandName, ServerToClientEvents } from '../../client-sdk/src/protocol.ts'
import type { AnyGame } from '../../games/rules.ts'
import { VERSION } from './openapi.ts'
import { componentsOf, wireSchemas, type Schema } from './wire-schemas.ts'

const REFS = '#/components/schemas/'

const COMMANDS: Record<CommandName, string> = {
  'match:find': 'Ask for an opponent, or for a match against a bot (`practice`). Repeat it every few seconds while queued, as a heartbeat.',
  'match:cancel': 'Stop searching for an opponent.',
  'match:move': 'Play a move of the open round. Acknowledged once it is stored; repeat it until then, it counts once.',
  'match:leave': 'Leave a room that waits, or forfeit a running match.',
  'match:rematch': 'Ask for another match against the same opponent. `match` is the new one, once both have asked.',
  'match:emote': 'Show an emote to everybody in the match.',
  'match:watch': 'Watch a match as a spectator, by its id or by the code of its room.',
  'match:sync': 'Ask for the current match and place in the queue: after each connection, and whenever in doubt.',
  'player:foreground': 'Report whether the client is in the foreground. Round 1 of a room opens once both players are.',
  'room:create': 'Open a private room.',
  'room:join': 'Join a private room. The code may be in lower case, with spaces around it.',
}

const EVENTS: Record<keyof ServerToClientEvents, string> = {
  match: 'The whole public view of a match. Keep the highest `version`; lost, repeated or reordered views do no harm.',
  emote: 'An emote that a seat has shown.',
  watchers: 'The number of spectators has changed.',
  player: "The receiver's own record has changed.",
  'server:draining': 'This node stops soon: connect again, to another one.',
  'session:replaced': 'A newer connection of the same player has taken over; this one is closed. Do not connect again by yourself.',
}

interface Message {
  /** The event. */
  name: string
  title?: string
  summary: string
  payload: Schema
}

export interface AsyncApiDocument {
  asyncapi: '3.0.0'
  channels: { game: { address: string; title: string; messages: Record<string, Message> } }
  operations: Record<string, unknown>
  components: { schemas: Record<string, Schema> }
  [field: string]: unknown
}

/** The document of a cluster that plays this game. */
export function asyncApiDocument(game: AnyGame): AsyncApiDocument {
  const schemas = wireSchemas(game, REFS)
  const messages: Record<string, Message> = {}
  const operations: Record<string, object> = {}
  const channel = { $ref: '#/channels/game' }
  const to = (message: string): { $ref: string } => ({ $ref: `#/channels/game/messages/${message}` })

  messages['connect'] = {
    name: 'CONNECT',
    summary: 'The handshake: `auth` of a Socket.IO client.',
    payload: schemas.handshake.auth,
  }
  messages['connectError'] = {
    name: 'CONNECT_ERROR',
    summary: 'A refused handshake: the error that the client gets with `connect_error`, as its `data`.',
    payload: schemas.handshake.refusal,
  }
  operations['connect'] = {
    action: 'receive',
    channel,
    summary: 'Connect to the namespace. Without a refusal the client is connected.',
    messages: [to('connect')],
    reply: { channel, messages: [to('connectError')] },
  }
  for (const [event, { request, rate, reply }] of Object.entries(schemas.commands)) {
    const id = idOf(event)
    const summary = COMMANDS[event as CommandName]
    messages[id] = { name: event, summary, payload: request }
    messages[`${id}Ack`] = {
      name: event,
      title: `Acknowledgement of ${event}`,
      summary: 'The one argument of the acknowledgement.',
      payload: ackOf(reply),
    }
    operations[id] = {
      action: 'receive',
      channel,
      summary,
      description: `A player may send ${rate.burst} at once, and ${rate.perSecond} per second in the long run, by default.`,
      messages: [to(id)],
      reply: { channel, messages: [to(`${id}Ack`)] },
    }
  }
  for (const [event, summary] of Object.entries(EVENTS)) {
    const id = `on${idOf(event).charAt(0).toUpperCase()}${idOf(event).slice(1)}`
    messages[id] = { name: event, summary, payload: schemas.events[event] ?? { type: 'null', description: 'No payload.' } }
    operations[id] = { action: 'send', channel, summary, messages: [to(id)] }
  }
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Caiquan over Socket.IO',
      version: VERSION,
      description: [
        'The commands that clients send, and the events that the server sends. The document describes the server: it receives commands.',
        '',
        'The transport is Socket.IO 4 (protocol 5, Engine.IO 4), with JSON payloads: use a Socket.IO client. The name of a message is the',
        'name of the event, its payload is the first argument, and a command has an acknowledgement as its last argument.',
        'Commands of one connection take effect in the order sent.',
        'Times are milliseconds since the epoch, read from one clock, which `serverTime` shows.',
        'Payloads may gain fields, and there may be further events: ignore those that you do not know.',
        '',
        'Login and records go over HTTP: see openapi.yaml.',
        '',
        'This file is generated by `npm run docs:api`.',
      ].join('\n'),
      license: { name: 'MIT' },
    },
    defaultContentType: 'application/json',
    servers: {
      game: { host: 'game.example.com', protocol: 'wss', pathname: '/socket.io/', description: 'Your own server. Long polling works too.' },
    },
    channels: { game: { address: '/', title: 'The namespace', messages } },
    operations,
    components: { schemas: componentsOf(messages, schemas.components, REFS) },
  }
}

/** `match:find` → `matchFind`: ids may contain letters and digits only. */
const idOf = (event: string): string => event.replaceAll(/:(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The argument of an acknowledgement. */
const ackOf = (data: Schema): Schema => ({
  anyOf: [
    { type: 'object', properties: { ok: { type: 'boolean', const: true }, data }, required: ['ok', 'data'] },
    {
      type: 'object',
      properties: { ok: { type: 'boolean', const: false }, error: { $ref: `${REFS}WireError` } },
      required: ['ok', 'error'],
    },
  ],
})
