import { join } from 'node:path'
import { parseCommandLine, readGame, readNumber, UsageError } from './command-line.ts'

export interface StartOptions {
  nodes: number
  port: number
  httpPort: number
  /** Folder for data, logs and certificate. */
  data: string
  /** The game. */
  game: string
  /** Null: use the stand-in. */
  wechat: { url: string; appid: string; secret: string } | null
}

export const HELP = `Usage: npm start -- [--nodes N] [--port N] [--http-port N] [--data FOLDER] [--game NAME]

Starts Redis, MariaDB, the nodes and nginx for development, all of them private to this folder, and
stops them on Ctrl-C. Data stays and is found again by the next start.

  --nodes N        how many nodes (NODES; default 3)
  --port N         port for https and wss (PORT; default 8443; 0: any free one)
  --http-port N    port that redirects to https (HTTP_PORT; default 8080; 0: any free one)
  --data FOLDER    where data, logs and the certificate are kept (DATA; default .data)
  --game NAME      what is played: a folder under games/ (GAME; default rps); each other game has a folder of its own
                   under the default one
  --help           this text

Environment: the names in parentheses do the same; a flag wins. With WECHAT_APPID and WECHAT_SECRET
logins go to WeChat itself, without them to a stand-in where any name is a login code. Other settings
of the nodes (see server/src/config.ts) are passed on, for example ROUND_MS=60000.
`

const FLAGS = {
  nodes: { type: 'string' },
  port: { type: 'string' },
  'http-port': { type: 'string' },
  data: { type: 'string' },
  game: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

/** Reads flags and environment; null if the help was requested. @throws UsageError */
export function readStartOptions(args: string[], env: NodeJS.ProcessEnv): StartOptions | null {
  const { values: flags } = parseCommandLine('npm start', { args, options: FLAGS })
  if (flags.help) return null
  const number = (flag: 'nodes' | 'port' | 'http-port', variable: string, fallback: number, min: number, max: number): number => {
    const [source, text] = flags[flag] !== undefined ? [`--${flag}`, flags[flag]] : [variable, env[variable] || String(fallback)]
    return readNumber(source, text, min, max)
  }
  const game = readGame(flags.game ?? (env['GAME'] || 'rps'))
  const options = {
    nodes: number('nodes', 'NODES', 3, 1, 32),
    port: number('port', 'PORT', 8443, 0, 65_535),
    httpPort: number('http-port', 'HTTP_PORT', 8080, 0, 65_535),
    data: flags.data ?? (env['DATA'] || (game === 'rps' ? '.data' : join('.data', 'games', game))),
    game,
    wechat: wechatOf(env),
  }
  if (options.port !== 0 && options.port === options.httpPort)
    throw new UsageError(`--port and --http-port must differ; both are ${options.port}.`)
  if (options.data === '') throw new UsageError('--data must name a folder.')
  return options
}

function wechatOf(env: NodeJS.ProcessEnv): StartOptions['wechat'] {
  const { WECHAT_APPID: appid, WECHAT_SECRET: secret, WECHAT_API_URL: url } = env
  if (!appid && !secret) return null
  if (!appid || !secret)
    throw new UsageError('WECHAT_APPID and WECHAT_SECRET belong together: set both for WeChat itself, none for the stand-in.')
  return { url: url || 'https://api.weixin.qq.com', appid, secret }
}
