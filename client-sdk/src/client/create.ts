import type { WxApi } from '../host/wx-api.ts'
import { globalWx, hasGlobalWx } from '../host/wx-api.ts'
import { GameClient } from './client.ts'
import { hostOf, type GameClientOptions } from './options.ts'

/** The one client per server that an app has, by its `wx`: pages that create it again get the same. */
const clients = new WeakMap<WxApi, Record<string, GameClient>>()

/**
 * Makes the game client. In a mini program there is one per server: a second call with the same `url`
 * returns the first client, whatever its other options, so that no page can open a second socket.
 * In a browser and in Node every call makes a new one.
 */
export function createGameClient(options: GameClientOptions): GameClient {
  const wx = options.wx || (hasGlobalWx() ? globalWx() : undefined)
  if (options.host || !wx) return new GameClient(options, hostOf(options))
  const known = clients.get(wx) || {}
  clients.set(wx, known)
  return (known[options.url] = known[options.url] || new GameClient(options, hostOf(options)))
}
