import { setTimeout as sleep } from 'node:timers/promises'
import { CatalogueError, isOutage } from '../errors.ts'
import { leavingNginxKey } from '../keys.ts'
import type { Log } from '../log.ts'
import type { Metrics } from '../metrics.ts'
import type { RedisClient } from '../redis/connect.ts'
import { defineScript } from '../scripts.ts'
import { evenly } from './drain.ts'
import type { GameServer, GameSocket } from './types.ts'

/**
 * Moves the sockets of an nginx that is about to stop, or that has reloaded, before nginx itself cuts them all at once.
 *
 * Each nginx names itself to the nodes with every request. The node that receives its request notes the name in Redis, and every node looks
 * there twice per second and closes its sockets that came through that nginx, evenly over the window. A note and not a message, so that a
 * node that was not subscribed, or that has just started, does its part as well.
 */
export interface NginxDrain {
  /**
   * Makes all nodes move the sockets that came through this nginx. Repeating it does no harm. Rejects if Redis is away.
   * @param nginx its name in X-Nginx; an unknown one has no sockets
   * @param only `all` also moves the sockets that come through it within the window; `accepted` moves only those that are connected now
   */
  move(nginx: string, windowMs: number, only: 'all' | 'accepted'): Promise<void>
  start(): void
  close(): void
}

export interface NginxDrainOptions {
  redis: RedisClient
  io: GameServer
  metrics: Pick<Metrics, 'scriptSeconds'>
  log: Log
}

/** The header in which nginx names itself; nginx/shared/http.conf overwrites what a client sends. */
export const NGINX_HEADER = 'x-nginx'

const LOOK_MS = 500
/**
 * How long before it is closed a socket is informed, ms. Each is informed at a time of its own: the SDK moves by itself soon afterwards, at
 * a moment without open requests, so informing all at once would not spread them evenly.
 */
const MAX_NOTICE_MS = 4000
/** More than any cluster has: a client that reaches a node without nginx cannot fill Redis. */
const MAX_NAMES = 100

const NOTE = `#!lua
-- KEYS[1] hash: nginx -> JSON: until: Redis time at which the window ends, ms; windowMs: its length; before: only sockets accepted before
-- this Redis time (ms) are meant, 0 for all
-- ARGV: nginx, ms of the window, 1 if only sockets are meant that are accepted by now, how many names there may be
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local all = redis.call('HGETALL', KEYS[1])
local names, keep = 0, tonumber(ARGV[2])
for i = 1, #all, 2 do
  local left = tonumber(string.match(all[i + 1], '"until":(%d+)')) - now
  if left <= 0 then redis.call('HDEL', KEYS[1], all[i]) else names = names + 1 end
  keep = math.max(keep, left)
end
if names >= tonumber(ARGV[4]) then return 0 end
local before = ARGV[3] == '1' and now or 0
redis.call('HSET', KEYS[1], ARGV[1], string.format('{"until":%.0f,"windowMs":%.0f,"before":%.0f}', now + ARGV[2], ARGV[2], before))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', keep))
return 1`

interface Note {
  until: number
  windowMs: number
  before: number
}

export function createNginxDrain({ redis, io, metrics, log }: NginxDrainOptions): NginxDrain {
  const note = defineScript(redis, metrics, 'leaving_nginx_note', NOTE, 1)
  const closing = new AbortController()
  const moving = new Set<string>()

  /**
   * The sockets here that came through it and were not informed yet; none once this node drains, which moves all of them in its own time.
   */
  function socketsOf(nginx: string, before: number): GameSocket[] {
    if (closing.signal.aborted) return []
    return [...io.sockets.sockets.values()].filter(
      ({ request, data }) => request.headers[NGINX_HEADER] === nginx && !data.moving && (before === 0 || data.acceptedAt < before),
    )
  }

  async function moveHere(nginx: string, leftMs: number, before: number): Promise<void> {
    const remaining = (): GameSocket[] => socketsOf(nginx, before)
    const sockets = remaining().length
    if (sockets === 0) return
    log.info({ nginx, sockets, windowMs: leftMs }, 'moving the sockets of an nginx')
    const noticeMs = Math.min(MAX_NOTICE_MS, leftMs / 4)
    moving.add(nginx)
    await evenly(remaining, leftMs - noticeMs, closing.signal, (socket) => {
      socket.data.moving = true
      socket.emit('server:draining', { reconnectWithinMs: Math.round(noticeMs) })
      setTimeout(() => socket.conn.close(), noticeMs).unref()
    })
    moving.delete(nginx)
  }

  async function look(): Promise<void> {
    const noted = Object.entries(await redis.hgetall(leavingNginxKey))
    if (noted.length === 0) return
    const [seconds, microseconds] = await redis.time()
    const now = Number(seconds) * 1000 + Math.floor(Number(microseconds) / 1000)
    for (const [nginx, entry] of noted) {
      const { until, windowMs, before } = JSON.parse(entry) as Note
      // No longer than the window, whatever the clock of Redis does.
      const leftMs = Math.min(until - now, windowMs)
      if (leftMs > 0 && !moving.has(nginx)) void moveHere(nginx, leftMs, before)
    }
  }

  async function keepLooking(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        if (redis.status === 'ready') await look()
      } catch (error) {
        if (!isOutage(error)) log.error({ err: error }, 'could not read which nginx is leaving')
      }
      await sleep(LOOK_MS, undefined, { signal: closing.signal }).catch(() => undefined)
    }
  }

  return {
    async move(nginx, windowMs, only) {
      const noted = await note(leavingNginxKey, nginx, windowMs, Number(only === 'accepted'), MAX_NAMES)
      if (noted !== 1) throw new CatalogueError('overloaded')
      log.info({ nginx, windowMs, only }, 'an nginx asks for its sockets to be moved')
    },
    start: () => void keepLooking(),
    close: () => closing.abort(),
  }
}
