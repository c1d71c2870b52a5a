import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { ensureCertificate } from '../../nginx/certificate.ts'
import { commandLine } from './alive.ts'
import { statusOf } from './http.ts'
import { renderNginxConfig, type NginxConfig, type UpstreamNode } from './nginx-config.ts'
import { rotate } from './logs.ts'
import { isPortFree } from './ports.ts'
import { Service, ServiceError } from './process.ts'
import { findProgram } from './programs.ts'
import { until } from '../until.ts'

export interface NginxOptions {
  dir: string
  port: number
  httpPort: number
  nodes: UpstreamNode[]
  logFile?: string
  /** Address to listen on. */
  host?: string
  /** See NginxConfig. */
  handshakesPerSecond?: number
  handshakeBurst?: number
  /** Folder of the static site at `/`. While it has no `index.html`, the nodes reply there too. */
  site?: string
  /** See NginxConfig. */
  pagePort?: number
  name?: string
  probePort?: number
  leaveSeconds?: number
}

export interface Nginx {
  service: Service
  url: string
  insecureUrl: string
  /** PEM file of the certificate: pass it to a client as its `ca`. */
  certificate: string
  /** Uses other nodes from now on; live sockets stay where they are. */
  setNodes(nodes: UpstreamNode[]): Promise<void>
}

/** Starts nginx in front of the nodes, with TLS on `port` and redirects to it on `httpPort`. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const { port, httpPort, host = '127.0.0.1', handshakesPerSecond = 200, handshakeBurst = 2000 } = options
  const dir = resolve(options.dir)
  mkdirSync(join(dir, 'tmp'), { recursive: true, mode: 0o700 })
  const files = await ensureCertificate(join(dir, 'tls'), { openssl: findProgram('openssl') })
  const base: Omit<NginxConfig, 'nodes'> = { ...files, dir, host, port, httpPort, handshakesPerSecond, handshakeBurst }
  if (options.site && existsSync(join(options.site, 'index.html'))) base.site = options.site
  for (const each of ['pagePort', 'probePort', 'leaveSeconds'] as const) {
    const value = options[each]
    if (value !== undefined) base[each] = value
  }
  if (options.name !== undefined) base.name = options.name
  const program = findProgram('nginx')
  const config = await writeConfig(program, { ...base, nodes: options.nodes })
  const insecureUrl = `http://127.0.0.1:${httpPort}`
  const service = new Service({
    name: 'nginx',
    url: `https://127.0.0.1:${port}`,
    command: program,
    args: ['-p', dir, '-c', config, '-e', join(dir, 'error.log')],
    cwd: dir,
    logFile: options.logFile ?? join(dir, 'nginx.log'),
    isReady: async () => (await statusOf(insecureUrl)) === 308 && !(await isPortFree(port)),
    readyMs: 15_000,
    // It accepts no new connections and ends once the live ones have ended.
    stopSignal: 'SIGQUIT',
    stopMs: 5000,
    // A killed master would leave its workers behind.
    deathSignal: 'SIGTERM',
    prepare: () => ['access.log', 'error.log'].forEach((name) => rotate(join(dir, name))),
  })
  await service.start()
  return {
    service,
    url: service.url,
    insecureUrl,
    certificate: files.certificate,
    async setNodes(nodes) {
      await writeConfig(program, { ...base, nodes })
      const before = workersOf(service.pid)
      service.signal('SIGHUP')
      // Old workers accept connections until they get the signal: only then is the new configuration the only one.
      const isTaken = (): boolean => workersOf(service.pid).some((pid) => !before.includes(pid)) && !before.some(isAccepting)
      if (!(await until(isTaken, 5000, 20)))
        throw new ServiceError(`nginx did not load its new configuration: see ${join(dir, 'error.log')}.`)
    },
  }
}

/** Writes the configuration and makes nginx check it. @throws ServiceError */
async function writeConfig(program: string, config: NginxConfig): Promise<string> {
  const file = join(config.dir, 'nginx.conf')
  writeFileSync(file, renderNginxConfig(config))
  try {
    await promisify(execFile)(program, ['-t', '-q', '-p', config.dir, '-c', file, '-e', join(config.dir, 'error.log')])
  } catch (error) {
    const output = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw new ServiceError(`nginx refuses its configuration ${file}:\n${output}`, { cause: error })
  }
  return file
}

const isAccepting = (worker: number): boolean => {
  const title = commandLine(worker)
  return title !== '' && !title.includes('shutting down')
}

function workersOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}
