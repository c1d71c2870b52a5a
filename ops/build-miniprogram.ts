// `npm run build:miniprogram`: puts the SDK where WeChat DevTools' own npm build would put it.
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './services/node.ts'

const target = join(ROOT, 'miniprogram/miniprogram_npm/caiquan-client')
execFileSync(process.execPath, ['build/build.ts'], { cwd: join(ROOT, 'client-sdk'), stdio: 'inherit' })
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
cpSync(join(ROOT, 'client-sdk/miniprogram_dist/index.js'), join(target, 'index.js'))
process.stdout.write('The SDK is in miniprogram/miniprogram_npm. Open the folder miniprogram in WeChat DevTools.\n')
