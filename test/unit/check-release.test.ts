import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readCheckout } from '../../tools/release/checkout.ts'
import { CHECKS } from '../../tools/release/checks.ts'

const APPID = 'wx0123456789abcdef'
const SERVER = { WECHAT_APPID: APPID, CONTENT_SAFETY: 'wechat', WECHAT_PUSH_TOKEN: 'token' }

let folder = ''
const edit = (file: string, from: string | RegExp, to: string): void => {
  const path = join(folder, file)
  const before = readFileSync(path, 'utf8')
  const after = before.replace(from, to)
  expect(after, `${file}: ${String(from)}`).not.toBe(before)
  writeFileSync(path, after)
}
const write = (file: string, text: string): void => writeFileSync(join(folder, file), text)

/** The mini program of this repository as a team would release it. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caiquan-release-'))
  cpSync('miniprogram', folder, { recursive: true, filter: (path) => !path.includes('miniprogram_npm') })
  mkdirSync(join(folder, 'miniprogram_npm/caiquan-client'), { recursive: true })
  write('miniprogram_npm/caiquan-client/index.js', '')
  edit('project.config.json', 'touristappid', APPID)
  edit('services/config.ts', 'https://127.0.0.1:8443', 'https://game.example.com')
  edit('services/notices.ts', "operator: ''", "operator: '某某科技有限公司'")
  edit('services/notices.ts', "contact: ''", "contact: 'play@example.com'")
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function problems(server: Record<string, string> = SERVER): string[] {
  const checkout = readCheckout(folder)
  return CHECKS.filter((check) => check.for.includes(checkout.kind)).flatMap((check) =>
    check.run(checkout, server).map((problem) => `${check.title}: ${problem}`),
  )
}

test('the mini program with the blanks filled in leaves nothing to do', () => {
  expect(problems()).toEqual([])
})

const BAD: [string, () => void, RegExp][] = [
  ['no AppID', () => edit('project.config.json', APPID, 'touristappid'), /^AppID: .*touristappid/],
  ['a server by plain http', () => edit('services/config.ts', 'https://', 'http://'), /^Server address: .*not https/],
  ['a server with a port', () => edit('services/config.ts', 'game.example.com', 'game.example.com:8443'), /^Server address: .*has a port/],
  ['a server without a domain', () => edit('services/config.ts', 'game.example.com', '10.0.0.1'), /^Server address: .*not a domain/],
  [
    'another address by plain http',
    () => write('services/more.ts', "wx.request({ url: 'http://stats.example.com/hit' })\n"),
    /^Other addresses.*services\/more\.ts calls http:\/\/stats/,
  ],
  [
    'a private interface that is not declared',
    () => write('services/more.ts', 'void wx.getLocation({})\n'),
    /^Privacy: .*services\/more\.ts uses 「位置信息」/,
  ],
  [
    'a declared interface that nothing uses',
    () => edit('privacy.json', '{', '{\n  "手机号": "登录",'),
    /^Privacy: .*declares 「手机号」, which nothing uses/,
  ],
  ['no privacy.json', () => rmSync(join(folder, 'privacy.json')), /^Privacy: .*no privacy\.json/],
  ['no code that asks the player', () => removeEverywhere('onNeedPrivacyAuthorization'), /^Privacy: the player is asked: Nothing listens/],
  ['no button to agree', () => removeEverywhere('agreePrivacyAuthorization'), /^Privacy: the player is asked: No button/],
  [
    'a package that is too large',
    () => writeFileSync(join(folder, 'images/large.png'), Buffer.alloc(2_100_000)),
    /^Size of the package: .*WeChat takes 2 MiB/,
  ],
  [
    'an SDK that was not built',
    () => rmSync(join(folder, 'miniprogram_npm'), { recursive: true }),
    /^The SDK is built: .*npm run build:miniprogram/,
  ],
  ['the debugger of app.json', () => edit('app.json', '{', '{ "debug": true,'), /^No debugging: app\.json/],
  ['no check of domains', () => edit('project.config.json', '"urlCheck": true', '"urlCheck": false'), /^No debugging: .*urlCheck/],
  ['output for debugging', () => write('services/more.ts', "console.log('here')\n"), /^No debugging: services\/more\.ts has console\.log/],
  ['no minimum base library', () => edit('services/library.ts', '3.0.0', 'newest'), /^Base library: .*MINIMUM_LIBRARY/],
  ['an older library than it needs', () => edit('project.config.json', '3.8.0', '2.33.0'), /^Base library: .*older than/],
  ['no contact', () => edit('services/notices.ts', 'play@example.com', ''), /^Notices: .*contact is empty/],
  ['no health notice', () => edit('services/notices.ts', /health: '[^']*'/, "health: ''"), /^Notices: .*health is empty/],
  ['another age than the standard has', () => edit('services/notices.ts', 'age: 8', 'age: 9'), /^Notices: .*age must be/],
  ['a page without its template', () => rmSync(join(folder, 'pages/about/about.wxml')), /^Project settings: .*about\.wxml is missing/],
]
const removeEverywhere = (word: string): void => {
  for (const [file, text] of readCheckout(folder).sources) if (text.includes(word)) write(file, text.replaceAll(word, 'other'))
}

test.each(BAD)('%s is found, and nothing else', (_, change, expected) => {
  change()
  const found = problems()
  expect(found).toEqual([expect.stringMatching(expected)])
})

test.each([
  ['content safety off', { ...SERVER, CONTENT_SAFETY: 'off' }, /^Content safety: .*not "wechat"/],
  ['no token for what WeChat pushes', { ...SERVER, WECHAT_PUSH_TOKEN: '' }, /^Content safety: WECHAT_PUSH_TOKEN/],
  ['a server of another AppID', { ...SERVER, WECHAT_APPID: 'wxfedcba9876543210' }, /^AppID: .*another AppID/],
])('a server with %s is found', (_, server, expected) => {
  expect(problems(server)).toEqual([expect.stringMatching(expected)])
})

describe('the command', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['tools/release/main.ts', ...args], { encoding: 'utf8', env: { ...process.env, CONTENT_SAFETY: '' } })

  test('ends with 0 and the list if nothing is left to do', () => {
    const env = join(folder, '../', `${process.pid}.env`)
    writeFileSync(
      env,
      Object.entries(SERVER)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    const { status, stdout } = run('--project', folder, '--env', env)
    rmSync(env)
    expect(stdout).toContain('✓ Server address')
    expect(stdout).toContain('docs/publishing.md')
    expect(status).toBe(0)
  })

  test('ends with 1 and the open tasks otherwise', () => {
    const { status, stdout } = run('--project', folder)
    expect(stdout).toContain('✗ Content safety\n    CONTENT_SAFETY of the server is not')
    expect(status).toBe(1)
  })

  test('checks the mini game too, which has no pages', () => {
    const { status, stdout } = run('--project', 'minigame')
    expect(stdout).toContain('✗ AppID')
    expect(stdout).not.toContain('Notices')
    expect(status).toBe(1)
  })

  test('reports wrong arguments, and prints help', () => {
    expect(run('--project', join(folder, 'pages')).stderr).toContain('name the folder that WeChat DevTools opens')
    expect(run('--other').stderr).toContain('Usage:')
    expect(run('--help').stdout).toContain('--env FILE')
  })
})
