import { entryOf } from '../connection/shared.ts'
import { hostOf, wxOf } from '../host/options.ts'
import { GameClient } from './client.ts'
import type { GameClientOptions } from './options.ts'
import type { GameProtocol } from './protocol-types.ts'

/**
 * Creates the game client. In a mini program there is one per server: a second call for the same server, however its `url` is written and
 * whichever copy of this package is called, returns the first client, whatever the other options, so that no page can open a second socket.
 * In a browser and in Node every call creates a new one.
 */
export function createGameClient<P extends GameProtocol = GameProtocol>(options: GameClientOptions): GameClient<P> {
  const make = (): GameClient<P> => new GameClient<P>(options, hostOf(options))
  const wx = wxOf(options)
  if (!wx) return make()
  const entry = entryOf(wx, options.url, options.path)
  if (entry.client) return entry.client as GameClient<P>
  const client = make()
  entry.client = client
  entry.connection = client.sharedConnection
  for (const follow of entry.followers.splice(0)) follow(client.sharedConnection)
  return client
}
