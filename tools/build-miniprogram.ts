// `npm run build:miniprogram`: puts the SDK where WeChat DevTools' own npm build would put it.
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './services/node.ts'

const target = join(ROOT, 'miniprogram/miniprogram_npm/caiquan-client')
execFileSync(process.execPath, ['build/build.ts'], { cwd: join(ROOT, 'client-sdk'), stdio: 'inherit' })
rmSync(target, { recursive: true, force: true })
mkdirSync(target, { recursive: true })
// Their licences ask that the texts go with the copies.
for (const file of ['index.js', 'THIRD-PARTY.txt']) cpSync(join(ROOT, 'client-sdk/miniprogram_dist', file), join(target, file))

// DevTools asks for domains that are registered with WeChat and for certificates that are trusted: a server of one's
// own has neither. The file is for this machine alone and not in git; who has one has decided.
const own = join(ROOT, 'miniprogram/project.private.config.json')
if (!existsSync(own)) writeFileSync(own, `${JSON.stringify({ setting: { urlCheck: false } }, null, 2)}\n`)
process.stdout.write('The SDK is in miniprogram/miniprogram_npm. Open the folder miniprogram in WeChat DevTools.\n')
