import { GameClient } from './client.ts';
import type { GameClientOptions } from './options.ts';
import type { GameProtocol } from './protocol-types.ts';
/**
 * Makes the game client. In a mini program there is one per server: a second call for the same server, however its `url` is
 * written and whichever copy of this package is called, returns the first client, whatever its other options, so that no page can
 * open a second socket. In a browser and in Node every call makes a new one.
 */
export declare function createGameClient<P extends GameProtocol = GameProtocol>(options: GameClientOptions): GameClient<P>;
