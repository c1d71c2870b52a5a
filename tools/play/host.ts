/** The host of the SDK for players in Node who connect to a self-signed certificate. */
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { createSecureContext, type SecureContext } from 'node:tls'
import { WebSocket } from 'ws'
import { GameError } from '../../client-sdk/src/game-error.ts'
import type { Host, HttpRequest, HttpResponse } from '../../client-sdk/src/host/host.ts'
import { webHost } from '../../client-sdk/src/host/web.ts'
import type { WebSocketConstructor } from '../../client-sdk/src/transport/web-transport.ts'

export interface NodeHostOptions {
  /** Returns a login code that was not used before. */
  login: () => string
  /** The trusted certificate; see `trustOf`. */
  trust?: SecureContext | undefined
  /** The local address to connect from: each has ports of its own. */
  localAddress?: string | undefined
}

export interface NodeHost extends Host {
  /** Breaks the open sockets as a lost network does, without a close frame. */
  tear(): void
}

/** Parsed once for all players: the certificate is the same for each. */
export const trustOf = (certificate: Buffer | string): SecureContext => createSecureContext({ ca: certificate })

export function nodeHost({ login, trust, localAddress }: NodeHostOptions): NodeHost {
  const open = new Set<WebSocket>()
  const way = { ...(trust ? { secureContext: trust } : {}), ...(localAddress === undefined ? {} : { localAddress }) }
  class PlayerSocket extends WebSocket {
    constructor(url: string, protocols: string | string[] = []) {
      super(url, protocols, { ...way, perMessageDeflate: false })
      open.add(this)
      this.once('close', () => open.delete(this))
    }
  }
  return {
    ...webHost({ login, WebSocket: PlayerSocket as unknown as WebSocketConstructor }),
    request: (request) => send(request, way),
    tear() {
      for (const socket of open) socket.terminate()
    },
  }
}

function send({ method, url, headers, body, timeoutMs }: HttpRequest, way: object): Promise<HttpResponse> {
  const { promise, resolve, reject } = Promise.withResolvers<HttpResponse>()
  const start = url.startsWith('https:') ? requestHttps : requestHttp
  const request = start(url, { method, headers, ...way })
  const timer = setTimeout(() => {
    reject(new GameError('timeout'))
    request.destroy()
  }, timeoutMs)
  const fail = (error: Error): void => reject(new GameError('network', error.message))
  request.once('error', fail)
  request.once('close', () => clearTimeout(timer))
  request.once('response', (response) => {
    const parts: Buffer[] = []
    response.on('data', (part: Buffer) => parts.push(part))
    response.once('error', fail)
    response.once('end', () => {
      const known = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)])
      resolve({ status: response.statusCode ?? 0, headers: Object.fromEntries(known), body: parse(Buffer.concat(parts).toString()) })
    })
  })
  request.end(body === undefined ? undefined : JSON.stringify(body))
  return promise
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
