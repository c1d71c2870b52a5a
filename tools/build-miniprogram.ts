// `npm run build:miniprogram`: puts the SDK where WeChat DevTools' own npm build would put it.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './services/node.ts'

const target = join(ROOT, 'miniprogram/miniprogram_npm/caiquan-client')
execFileSync(process.execPath, ['build/build.ts'], { cwd: join(ROOT, 'client-sdk'), stdio: 'inherit' })
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
// Their licences require that the texts are part of every copy.
for (const file of ['index.js', 'THIRD-PARTY.txt']) cpSync(join(ROOT, 'client-sdk/miniprogram_dist', file), join(target, file))

// DevTools requires domains that are registered with WeChat and certificates that are trusted: a private server has neither. The file is
// for this machine alone and not in git; an existing one is left as it is.
const own = join(ROOT, 'miniprogram/project.private.config.json')
if (!existsSync(own)) writeFileSync(own, `${JSON.stringify({ setting: { urlCheck: false } }, null, 2)}\n`)
process.stdout.write('The SDK is in miniprogram/miniprogram_npm. Open the folder miniprogram in WeChat DevTools.\n')
