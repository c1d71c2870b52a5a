import { dirname, join, resolve } from 'node:path'
import { bundleScript } from './bundle.ts'
import { onThisServer } from './this-server.ts'

const ROOT = dirname(import.meta.dirname)
const GAME = join(ROOT, 'minigame/src')
const CONFIG = join(GAME, 'config.ts')

/**
 * One script of the mini game and the SDK, as WeChat runs it. `npm run build -w client-sdk -- --js` comes first.
 * @param server where it plays, instead of the address in minigame/src/config.ts
 */
export function bundleMiniGame(server?: string): Promise<string> {
  const load = (id: string) => (server !== undefined && resolve(id) === CONFIG ? onThisServer(id, JSON.stringify(server)) : null)
  return bundleScript(join(GAME, 'main.ts'), { name: 'sdk', resolveId: sdkOf, load }, { target: 'es2017' })
}

/** The same for a browser: with a host that stands in for WeChat, and the server that the page comes from. */
export function bundleMiniGamePage(): Promise<string> {
  const entry = [
    `import ${JSON.stringify(join(import.meta.dirname, 'host/minigame.ts'))}`,
    `import ${JSON.stringify(join(GAME, 'main.ts'))}`,
  ].join('\n')
  return bundleScript('minigame:entry', {
    name: 'minigame',
    resolveId: (id) => (id === 'minigame:entry' ? id : sdkOf(id)),
    load(id) {
      if (id === 'minigame:entry') return { code: entry, moduleType: 'js', moduleSideEffects: true }
      return resolve(id) === CONFIG ? onThisServer(id) : null
    },
  })
}

const sdkOf = (id: string): string | null => (id === 'caiquan-client' ? join(ROOT, 'client-sdk/miniprogram_dist/index.js') : null)
