import { isOlder } from '../../miniprogram/services/version.ts'
import { constantIn, type Checkout } from './checkout.ts'
import { privateInformationIn } from './privacy.ts'

/** The environment of the server that the release uses. */
export type ServerEnvironment = Readonly<Record<string, string | undefined>>

/** One thing that a reviewer, or WeChat itself, checks. */
export interface Check {
  title: string
  /** Only mini programs have pages, notices and a privacy sheet of ours. */
  for: readonly Checkout['kind'][]
  /** The problems, each with what to do; none if all is well. */
  run(checkout: Checkout, server: ServerEnvironment): string[]
}

const BOTH = ['miniprogram', 'minigame'] as const
const PAGES = ['miniprogram'] as const
const MIB = 1_048_576

/** https://developers.weixin.qq.com/miniprogram/dev/framework/subpackages.html and …/minigame/dev/guide/framework/code-package.html */
const MAIN_PACKAGE_BYTES = { miniprogram: 2 * MIB, minigame: 4 * MIB } as const

const serverFile = ({ kind }: Checkout): string => (kind === 'minigame' ? 'src/config.ts' : 'services/config.ts')

/** The problem with an address that a published mini program calls. */
function addressProblems(address: string): string[] {
  if (!URL.canParse(address)) return [`"${address}" is no address`]
  const { protocol, hostname, port } = new URL(address)
  return [
    ...(protocol === 'https:' || protocol === 'wss:' ? [] : [`${address} is not https or wss`]),
    ...(port === '' ? [] : [`${address} has a port: register the domain without one`]),
    ...(/^[\d.]+$|^\[|^localhost$/.test(hostname) ? [`${address} is not a domain: WeChat takes neither IP addresses nor localhost`] : []),
  ]
}

const DEBUGGING: [RegExp, string][] = [
  [/\bwx\.setEnableDebug\b/, 'wx.setEnableDebug'],
  [/^\s*debugger\b/m, 'debugger'],
  [/\bvConsole\b/i, 'vConsole'],
  [/\bconsole\.(?:log|debug)\(/, 'console.log'],
]

export const CHECKS: readonly Check[] = [
  {
    title: 'AppID',
    for: BOTH,
    run: ({ project: { appid = '' } }, { WECHAT_APPID }) => {
      if (!/^wx[0-9a-f]{16}$/.test(appid)) return [`project.config.json: appid is "${appid}". Put the AppID of your account there.`]
      return WECHAT_APPID === undefined || WECHAT_APPID === appid
        ? []
        : ['WECHAT_APPID of the server is another AppID: logins would fail. Set both to the same.']
    },
  },
  {
    title: 'Server address',
    for: BOTH,
    run: (checkout) => {
      const address = constantIn(checkout, serverFile(checkout), 'SERVER_URL')
      return address === null
        ? [`${serverFile(checkout)} has no SERVER_URL.`]
        : addressProblems(address).map((problem) => `SERVER_URL in ${serverFile(checkout)}: ${problem}.`)
    },
  },
  {
    title: 'Other addresses in the code',
    for: BOTH,
    run: (checkout) =>
      [...checkout.sources].flatMap(([file, text]) =>
        file === serverFile(checkout) || file.endsWith('config.json')
          ? []
          : [...text.matchAll(/['"`]((?:http|ws):\/\/(?!www\.w3\.org\/)[^'"`\s]+)/g)].map(
              ([, address]) => `${file} calls ${String(address)}: WeChat lets a mini program call https and wss only.`,
            ),
      ),
  },
  {
    title: 'Privacy: what is used is declared',
    for: BOTH,
    run: (checkout) => {
      const declared = declaredIn(checkout)
      if (declared === null)
        return [
          'There is no privacy.json that can be read. List what the privacy guide in WeChat’s console declares, each with its purpose.',
        ]
      const used = privateInformationIn(checkout.sources)
      return [
        ...[...used]
          .filter(([information]) => !declared[information])
          .map(
            ([information, file]) =>
              `${file} uses 「${information}」, which privacy.json does not declare: WeChat would switch it off. Declare it there and ` +
              'in the privacy guide.',
          ),
        ...Object.keys(declared)
          .filter((information) => !used.has(information))
          .map(
            (information) =>
              `privacy.json declares 「${information}」, which nothing uses: a guide must declare what is done and no more. Remove it.`,
          ),
      ]
    },
  },
  {
    title: 'Privacy: the player is asked',
    for: PAGES,
    run: ({ sources }) => {
      const all = [...sources.values()].join('\n')
      return [
        ...(/\bonNeedPrivacyAuthorization\b/.test(all)
          ? []
          : ['Nothing listens to wx.onNeedPrivacyAuthorization: show a sheet with the agreement there.']),
        ...(/agreePrivacyAuthorization/.test(all) ? [] : ['No button has open-type="agreePrivacyAuthorization": players cannot agree.']),
        ...(/\bopenPrivacyContract\b/.test(all)
          ? []
          : ['wx.openPrivacyContract is not called: the player must be able to read the guide.']),
      ]
    },
  },
  {
    title: 'Size of the package',
    for: BOTH,
    run: ({ kind, files }) => {
      const bytes = [...files.values()].reduce((sum, size) => sum + size, 0)
      const limit = MAIN_PACKAGE_BYTES[kind]
      return bytes <= limit
        ? []
        : [
            `The package has ${(bytes / MIB).toFixed(2)} MiB; WeChat takes ${limit / MIB} MiB. Leave out what is not needed, or make ` +
              'subpackages.',
          ]
    },
  },
  {
    title: 'The SDK is built',
    for: BOTH,
    run: ({ kind, files }) => {
      const [file, command] =
        kind === 'minigame' ? ['game.js', 'build:minigame'] : ['miniprogram_npm/caiquan-client/index.js', 'build:miniprogram']
      return files.has(file) ? [] : [`${file} is missing: run npm run ${command}.`]
    },
  },
  {
    title: 'No debugging',
    for: BOTH,
    run: ({ app, project, sources }) => [
      ...(app.debug === true ? ['app.json: "debug" is on. Take it out.'] : []),
      ...(project.setting?.urlCheck === false
        ? ['project.config.json: urlCheck is off for everyone. Remove it; project.private.config.json is for your machine.']
        : []),
      ...[...sources].flatMap(([file, text]) =>
        DEBUGGING.filter(([use]) => use.test(text)).map(([, name]) => `${file} has ${name}. Take it out.`),
      ),
    ],
  },
  {
    title: 'Base library',
    for: PAGES,
    run: (checkout) => {
      const minimum = constantIn(checkout, 'services/library.ts', 'MINIMUM_LIBRARY')
      if (minimum === null || !/^\d+\.\d+\.\d+$/.test(minimum)) return ['services/library.ts states no MINIMUM_LIBRARY of the form 3.0.0.']
      const { libVersion = '' } = checkout.project
      return isOlder(libVersion, minimum)
        ? [
            `project.config.json: libVersion ${libVersion} is older than MINIMUM_LIBRARY ${minimum}: it would be tried on an older ` +
              'library than it requires.',
          ]
        : []
    },
  },
  {
    title: 'Notices',
    for: PAGES,
    run: (checkout) => {
      const notice = (name: string): string => constantIn(checkout, 'services/notices.ts', name) ?? ''
      const age = /\bage:\s*(\d+)/.exec(checkout.sources.get('services/notices.ts') ?? '')?.[1]
      return [
        ...(['operator', 'contact', 'health'] as const)
          .filter((name) => notice(name).trim() === '')
          .map((name) => `services/notices.ts: ${name} is empty. Fill it in.`),
        ...(age !== undefined && ['8', '12', '16'].includes(age)
          ? []
          : ['services/notices.ts: age must be 8, 12 or 16, as the standard for age hints has it.']),
        ...(checkout.app.pages?.includes('pages/about/about')
          ? []
          : ['app.json has no pages/about/about: players cannot find the notices.']),
      ]
    },
  },
  {
    title: 'Content safety',
    for: BOTH,
    run: (_, server) =>
      server['CONTENT_SAFETY'] === 'wechat'
        ? server['WECHAT_PUSH_TOKEN']
          ? []
          : ['WECHAT_PUSH_TOKEN of the server is not set: WeChat sends the results of picture checks through the message push.']
        : [
            'CONTENT_SAFETY of the server is not "wechat": nicknames and pictures would be seen unchecked. Set it, and name the ' +
              'environment of the server with --env FILE.',
          ],
  },
  {
    title: 'Project settings',
    for: PAGES,
    run: ({ app, files, project }) => [
      ...(project.compileType === 'miniprogram'
        ? []
        : [`project.config.json: compileType is "${project.compileType ?? ''}", not "miniprogram".`]),
      ...(app.pages?.length ? [] : ['app.json names no pages.']),
      ...(app.pages ?? []).flatMap((page) =>
        (['.wxml', '.json'] as const)
          .filter((end) => !files.has(`${page}${end}`))
          .map((end) => `app.json names ${page}, and ${page}${end} is missing.`),
      ),
      ...(app.sitemapLocation !== undefined && files.has(app.sitemapLocation) ? [] : ['app.json: sitemapLocation names no existing file.']),
    ],
  },
]

function declaredIn({ sources }: Checkout): Record<string, string> | null {
  try {
    const declared: unknown = JSON.parse(sources.get('privacy.json') ?? '')
    return typeof declared === 'object' && declared !== null ? (declared as Record<string, string>) : null
  } catch {
    return null
  }
}
