import { serverKey, type SharedConnection } from '../connection/shared.ts'
import { hostOf, wxOf } from '../host/options.ts'
import { registryOf } from '../host/registry.ts'
import { GameClient } from './client.ts'
import type { GameClientOptions } from './options.ts'
import type { GameProtocol } from './protocol-types.ts'

interface Entry extends SharedConnection {
  readonly client: object
}

/**
 * Makes the game client. In a mini program there is one per server: a second call for the same server, however its `url` is
 * written and whichever copy of this package is called, returns the first client, whatever its other options, so that no page can
 * open a second socket. In a browser and in Node every call makes a new one.
 */
export function createGameClient<P extends GameProtocol = GameProtocol>(options: GameClientOptions): GameClient<P> {
  const make = (): GameClient<P> => new GameClient<P>(options, hostOf(options))
  const wx = wxOf(options)
  if (!wx) return make()
  const known = registryOf<Entry>(wx)
  const key = serverKey(options.url, options.path)
  const entry = known[key]
  if (entry) return entry.client as GameClient<P>
  const client = make()
  known[key] = { client, connection: client.sharedConnection }
  return client
}
