import { userInfo } from 'node:os'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './node.ts'

/** A node as nginx knows it. */
export interface UpstreamNode {
  /** Also the value of its clients' cookie. */
  name: string
  port: number
}

export interface NginxConfig {
  /** Absolute; holds everything nginx writes. */
  dir: string
  host: string
  port: number
  httpPort: number
  certificate: string
  key: string
  nodes: UpstreamNode[]
  /** The name of this nginx in its requests to the nodes; the name of the machine. */
  name?: string
  /** Where this machine may ask it to move its sockets (nginx/shared/probes.conf); absent: nowhere. */
  probePort?: number
  /** Window over which they are moved, s; 20. */
  leaveSeconds?: number
  /** Handshakes per second that one address may make, and how many it may make at once. */
  handshakesPerSecond: number
  handshakeBurst: number
  /** Folder of the static site that is served at `/`; absent: the nodes reply there too. */
  site?: string
  /** Where the cluster page sends its requests; absent: there is no such page. It belongs to the site. */
  pagePort?: number
}

const NODE_NAME = /^[A-Za-z0-9_-]{1,32}$/

/**
 * Failures are not counted: a dead node refuses at once and is skipped. A node that counted as failed would get a single request each time
 * its pause is over, until that request has ended well, and a WebSocket ends after hours. If all nodes had failed, nearly every client
 * would get 503 long after they are back.
 */
const MAX_FAILS = 'max_fails=0'
/** Except for admission requests: they end at once, so the first good reply clears a node again. */
const ASKED_FAILS = 'max_fails=1 fail_timeout=2s'

/** The whole configuration as text. */
export function renderNginxConfig(config: NginxConfig): string {
  const { nodes } = config
  const bad = nodes.find(({ name }) => !NODE_NAME.test(name))
  if (bad) throw new Error(`A node must not be called "${bad.name}": its name stands in a cookie (letters, digits, _ and -).`)
  const server = ({ port }: UpstreamNode, fails: string, suffix = ''): string => `        server 127.0.0.1:${port} ${fails}${suffix};`
  const upstream =
    (prefix: string, fails: string) =>
    (own: UpstreamNode): string =>
      [
        `    upstream ${prefix}_${own.name} {`,
        `        zone ${prefix}_${own.name} 64k;`,
        ...nodes.map((node) => server(node, fails, node === own ? '' : ' backup')),
        '        keepalive 32;',
        '        keepalive_timeout 3s;',
        '    }',
      ].join('\n')
  const words: Record<string, string> = {
    user: runsAsRoot() ? `user ${userInfo().username};` : '',
    dir: config.dir,
    shared: join(ROOT, 'nginx/shared'),
    host: config.host,
    port: String(config.port),
    http_port: String(config.httpPort),
    port_suffix: config.port === 443 ? '' : `:${config.port}`,
    certificate: config.certificate,
    key: config.key,
    name: config.name ?? '$hostname',
    probes: config.probePort === undefined ? '' : probesOf(config.probePort, config.leaveSeconds ?? 20),
    handshakes_per_second: String(config.handshakesPerSecond),
    handshake_burst: String(config.handshakeBurst),
    servers: nodes.map((node) => server(node, MAX_FAILS)).join('\n'),
    asked: nodes.map((node) => server(node, ASKED_FAILS)).join('\n'),
    upstreams: [...nodes.map(upstream('sticky', MAX_FAILS)), ...nodes.map(upstream('asked', ASKED_FAILS))].join('\n'),
    cookie_to_upstream: nodes.map(({ name }) => `        ${name} sticky_${name};`).join('\n'),
    cookie_to_asked: nodes.map(({ name }) => `        ${name} asked_${name};`).join('\n'),
    site: config.site === undefined ? '' : siteOf(config.site, config.pagePort),
    address_to_node: nodes.map(({ name, port }) => `        ~(^|[\\ ,:])127\\.0\\.0\\.1:${port}$ ${name};`).join('\n'),
  }
  const template = readFileSync(join(ROOT, 'nginx/local.conf.template'), 'utf8')
  return template.replaceAll(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = words[word]
    if (value === undefined) throw new Error(`nginx/local.conf.template asks for {{${word}}}, which has no value.`)
    return value
  })
}

/** A static site in this folder, besides the nodes; with the cluster page if its API is served. */
const siteOf = (dir: string, pagePort?: number): string =>
  [
    `        root "${dir}";`,
    `        include "${join(ROOT, 'nginx/site/site.conf')}";`,
    ...(pagePort === undefined ? [] : [clusterPageOf(pagePort)]),
  ].join('\n')

/** The page itself, and its API: a stream of events, and commands that wait for a node to start or to drain. */
const clusterPageOf = (port: number): string => `        location = /cluster {
            include "${join(ROOT, 'nginx/site/cluster.conf')}";
        }
        location /cluster/api/ {
            proxy_pass http://127.0.0.1:${port};
            proxy_buffering off;
            proxy_read_timeout 120s;
        }`

const probesOf = (port: number, seconds: number): string => `    server {
        listen 127.0.0.1:${port};
        access_log off;
        set $leave_seconds ${seconds};
        include "${join(ROOT, 'nginx/shared/probes.conf')}";
    }`

/** By default workers drop root and could not write under the data folder. */
const runsAsRoot = (): boolean => process.getuid?.() === 0
