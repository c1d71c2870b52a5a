// `npm run build:minigame`: builds minigame/game.js, the one script that WeChat DevTools runs, from its sources and the SDK.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleMiniGame } from '../preview/minigame.ts'
import { ROOT } from './services/node.ts'

execFileSync(process.execPath, ['build/build.ts', '--js'], { cwd: join(ROOT, 'client-sdk'), stdio: 'inherit' })
writeFileSync(join(ROOT, 'minigame/game.js'), await bundleMiniGame())

// As for the mini program: a private server has no registered domain, which only matters on this machine.
const own = join(ROOT, 'minigame/project.private.config.json')
if (!existsSync(own)) writeFileSync(own, `${JSON.stringify({ setting: { urlCheck: false } }, null, 2)}\n`)
process.stdout.write('minigame/game.js is built. Open the folder minigame in WeChat DevTools as a mini game.\n')
