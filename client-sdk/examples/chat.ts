/** Another team's chat: a plain Socket.IO server, and a client on `caiquan-client/connection`. No line of it knows the game. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import { createConnection, type CreateConnectionOptions } from 'caiquan-client/connection'

export interface Message {
  id: number
  from: string
  text: string
}
interface Commands {
  'chat:say': { request: { key: string; text: string }; reply: Message }
  'chat:since': { request: { id: number }; reply: Message[] }
}
interface Events {
  'chat:message': (message: Message) => void
}
type Ack = (reply: { ok: true; data: unknown } | { ok: false; error: { code: string; message: string } }) => void

/** The server: tokens that end, messages that are kept, and each `key` stored once however often it is sent. */
export function startChatServer(http: HttpServer, tokens: Map<string, string>): Server {
  const io = new Server(http)
  const messages: Message[] = []
  const stored = new Map<string, Message>()
  io.use((socket, next) => next(tokens.has(String(socket.handshake.auth['token'])) ? undefined : new Error('this token has ended')))
  io.on('connection', (socket) => {
    const from = tokens.get(String(socket.handshake.auth['token'])) || ''
    socket.on('chat:say', ({ key, text }: { key: string; text: string }, ack: Ack) => {
      if (!text.trim()) return ack({ ok: false, error: { code: 'empty_message', message: 'Say something.' } })
      const message = stored.get(key) || { id: messages.length + 1, from, text }
      if (!stored.has(key)) {
        stored.set(key, message)
        messages.push(message)
        io.emit('chat:message', message)
      }
      ack({ ok: true, data: message })
    })
    socket.on('chat:since', ({ id }: { id: number }, ack: Ack) => ack({ ok: true, data: messages.slice(id) }))
  })
  return io
}

/** The client. `token` fetches a fresh one; `show` gets every message once, in order, whatever the phone and the network do. */
export function createChat(options: CreateConnectionOptions & { token: () => Promise<string>; show: (message: Message) => void }) {
  let token: Promise<string> | null = null
  let last = 0
  let keys = 0
  const connection = createConnection<Commands, Events>({
    ...options,
    auth: async () => ({ token: await (token = token || options.token()) }),
    refused: () => void (token = null),
    probe: (link) => link.request('chat:since', { id: last }, 2000),
  })
  const take = (message: Message): void => {
    // A gap: some were said while this client was away, and come with the answer to `chat:since`.
    if (message.id !== last + 1) return
    last = message.id
    options.show(message)
  }
  connection.on('chat:message', (message) => (message.id > last + 1 ? void catchUp() : take(message)))
  const catchUp = (): Promise<void> =>
    connection
      .request('chat:since', { id: last }, { repeat: true })
      .then((missed) => missed.forEach(take))
      .catch(() => undefined)
  connection.onUp.add(() => void catchUp())
  return {
    connection,
    /** Sent until it is acknowledged: the server stores a key once. */
    say: (text: string) => connection.request('chat:say', { key: `${Date.now()}.${++keys}.${Math.random()}`, text }, { repeat: true }),
  }
}
