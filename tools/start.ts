// `npm start`: a whole cluster for development, until Ctrl-C.
import { resolve } from 'node:path'
import { Cluster, type ClusterOptions } from './cluster/cluster.ts'
import { infoFile } from './cluster/cluster-info.ts'
import { onStopSignals, runCommand } from './command.ts'
import { lockData, DataLockedError, type DataLock } from './cluster/data-lock.ts'
import { endOrphanProcesses } from './cluster/orphan-processes.ts'
import { portProblem } from './services/ports.ts'
import { UsageError } from './command-line.ts'
import { HELP, readStartOptions, type StartOptions } from './start-options.ts'
import { until } from './until.ts'
import { buildPreview } from '../preview/build.ts'
import { MigrationError } from '../prisma/migrate.ts'

const print = (line: string): void => void process.stdout.write(`${line}\n`)
const warn = (line: string): void => void process.stderr.write(`${line}\n`)

async function main(): Promise<number> {
  const options = readStartOptions(process.argv.slice(2), process.env)
  if (!options) {
    process.stdout.write(HELP)
    return 0
  }
  const dataDir = resolve(options.data)
  const lock = lockData(dataDir)
  try {
    return await run(options, dataDir, lock)
  } finally {
    lock.release()
  }
}

async function run(options: StartOptions, dataDir: string, lock: DataLock): Promise<number> {
  const { nodes, port, httpPort, wechat } = options
  if (lock.wasStale) {
    print('The last run was killed: cleaning up after it.')
    await endOrphanProcesses(dataDir)
  }
  await checkPorts(options, lock.wasStale)

  const begun = performance.now()
  await buildPreview(options.game)
  print(
    `Starting Caiquan${options.game === 'rps' ? '' : ` (${options.game})`} with ${nodes} node${nodes === 1 ? '' : 's'}; ` +
      `data and logs: ${dataDir}`,
  )
  const clusterOptions: ClusterOptions = {
    dataDir,
    nodes,
    port,
    httpPort,
    supervise: true,
    page: process.env['NODE_ENV'] !== 'production',
    env: { GAME: options.game, ...standInEnv(options) },
    onProgress: (line) => print(`  ${line}`),
  }
  if (wechat) clusterOptions.wechat = wechat
  const cluster = new Cluster(clusterOptions)

  const stopped = stopOnSignal(cluster)
  const started = cluster.start().then(() => 'started' as const)
  try {
    if ((await Promise.race([started, stopped])) === 'started') {
      print(welcome(cluster, (performance.now() - begun) / 1000, !wechat))
      await stopped
    }
  } catch (error) {
    await cluster.close()
    throw error
  }
  await started.catch(() => {})
  await cluster.close()
  print('Stopped. The data stays for the next start.')
  return 0
}

/** The stand-in checks nicknames and pictures too, unless this is disabled. */
const standInEnv = ({ wechat }: StartOptions): Record<string, string> =>
  wechat ? {} : { CONTENT_SAFETY: process.env['CONTENT_SAFETY'] || 'wechat' }

/** Resolves at the first Ctrl-C or SIGTERM, when the orderly stop has begun. A second one kills everything. */
function stopOnSignal(cluster: Cluster): Promise<'stopped'> {
  const { promise, resolve } = Promise.withResolvers<'stopped'>()
  onStopSignals(
    () => {
      print('\nStopping: players are asked to reconnect later, everything is saved. Press Ctrl-C again to stop at once.')
      void cluster.close().catch(() => {})
      resolve('stopped')
    },
    () => {
      warn('Stopping at once.')
      return cluster.kill()
    },
  )
  return promise
}

/** Before anything is started. The ports of a run that was just killed may need a moment. */
async function checkPorts({ port, httpPort }: StartOptions, patient: boolean): Promise<void> {
  const flags = [
    ['--port', port],
    ['--http-port', httpPort],
  ] as const
  const deadline = performance.now() + (patient ? 5000 : 0)
  for (const [flag, number] of flags) {
    let problem: string | null = null
    const isFree = async (): Promise<boolean> => (problem = await portProblem(number)) === null
    if (!(await until(isFree, deadline - performance.now(), 100)))
      throw new UsageError(`Port ${number} ${problem}. Choose another with ${flag}.`)
  }
}

function welcome(cluster: Cluster, seconds: number, standIn: boolean): string {
  const { url, insecureUrl } = cluster.info
  const lines = [
    '',
    `Ready after ${seconds.toFixed(1)} s: ${url}   (${insecureUrl} redirects there)`,
    '  Play in a browser: open it in two tabs, each is a player of its own (?player=NAME chooses which).',
    `  Watch the nodes, and kill one during a game: ${url}/cluster`,
    `  The certificate is self-signed: ${cluster.nginx?.certificate}`,
    `  Addresses and process ids: ${infoFile(cluster.dataDir)}`,
  ]
  if (standIn) {
    lines.push(
      '  Logins go to a stand-in for WeChat, where any name is a code, once:',
      `    curl -k ${url}/api/login -H 'content-type: application/json' -d '{"code":"alice.1"}'`,
    )
  }
  return [...lines, '  Ctrl-C stops everything.'].join('\n')
}

await runCommand(main, [DataLockedError, MigrationError])
