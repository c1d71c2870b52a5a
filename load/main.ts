// `npm run load -- <scenario>`: simulates many players and writes a report.
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { runCommand } from '../tools/command.ts'
import { readInfo, type ClusterInfo } from '../tools/cluster/cluster-info.ts'
import { startCluster, type Cluster } from '../tools/cluster/cluster.ts'
import { grouped } from '../tools/play/figures.ts'
import { isAlive } from '../tools/services/alive.ts'
import { ensureArtillery, PROCESSOR, runArtillery } from './artillery.ts'
import { endOf } from './processes.ts'
import { commandOf, HELP, readLoadOptions, type LoadOptions } from './options.ts'
import { htmlOf } from './report/html.ts'
import { check, readResults } from './report/results.ts'
import { textOf } from './report/text.ts'
import { SCENARIO, scriptOf } from './scenarios.ts'
import { Watch } from './servers.ts'
import { toEnvironment, type LoadSettings } from './settings.ts'

const LOOK_MS = 2000
/** Polls between two lines of progress. */
const LOOKS_A_LINE = 3
/** All players come from one address, which the default limits would treat as an attack. */
const ENV = { LOGIN_PER_MINUTE: '10000000', HANDSHAKES_PER_MINUTE: '10000000', LOG_LEVEL: 'warn' }
const UNLIMITED_PER_SECOND = 100_000

/** The exit code that a shell reports for Ctrl-C. */
const INTERRUPTED = 130

const print = (line: string): void => void process.stdout.write(`${line}\n`)

interface Place {
  info: ClusterInfo
  certificate: string | null
  close: () => Promise<void>
}

/** The cluster that runs in this folder, or one of its own. */
async function openPlace({ data, nodes, game }: LoadOptions): Promise<Place> {
  const info = readInfo(resolve(data))
  if (info && info.nodes.some(({ pid }) => isAlive(pid))) {
    print(`Playing on the cluster that runs on ${data}: ${info.url}`)
    const certificate = join(resolve(data), 'nginx/tls/cert.pem')
    return { info, certificate: existsSync(certificate) ? certificate : null, close: async () => {} }
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'caiquan-load-'))
  print(`No cluster runs on ${data}: starting one with ${nodes} nodes`)
  let cluster: Cluster
  try {
    cluster = await startCluster({
      dataDir,
      nodes,
      env: { ...ENV, GAME: game },
      handshakesPerSecond: UNLIMITED_PER_SECOND,
      onProgress: (line) => print(`  ${line}`),
    })
  } catch (error) {
    rmSync(dataDir, { recursive: true, force: true })
    throw error
  }
  return {
    info: cluster.info,
    certificate: cluster.nginx?.certificate ?? null,
    async close() {
      await cluster.close()
      rmSync(dataDir, { recursive: true, force: true })
    },
  }
}

async function main(): Promise<number> {
  const options = readLoadOptions(process.argv.slice(2))
  if (!options) {
    process.stdout.write(HELP)
    return 0
  }
  const stop = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (stop.signal.aborted) return
      print('\nStopping.')
      stop.abort()
    })
  }
  await ensureArtillery(print)
  const place = await openPlace(options)
  try {
    return stop.signal.aborted ? INTERRUPTED : await run(options, place, stop.signal)
  } finally {
    await place.close()
  }
}

async function run(options: LoadOptions, { info, certificate }: Place, stop: AbortSignal): Promise<number> {
  const { players, seconds, ramp, think } = options
  const scenario = SCENARIO[options.scenario]
  const settings: LoadSettings = {
    url: info.url,
    certificate,
    players,
    rampMs: ramp * 1000,
    stayMs: seconds * 1000,
    thinkMs: [think[0] * 1000, think[1] * 1000],
    game: options.game,
  }
  const out = resolve(options.out)
  mkdirSync(out, { recursive: true })
  const begun = Date.now()
  const base = join(out, `${scenario.name}-${new Date(begun).toISOString().replaceAll(/[:.]/g, '-').slice(0, 19)}`)
  const [script, output] = [`${base}.script.json`, `${base}.json`]
  writeFileSync(script, JSON.stringify(scriptOf(scenario, settings, relative(out, PROCESSOR)), null, 2))

  print(`${scenario.name}: ${grouped(players)} players arrive within ${ramp} s and stay ${seconds} s`)
  const artillery = runArtillery(script, output, toEnvironment(settings))
  const said: string[] = []
  for (const stream of [artillery.stdout, artillery.stderr]) stream?.on('data', (text: Buffer) => said.push(text.toString()))
  stop.addEventListener('abort', () => void artillery.kill('SIGTERM'))
  const watch = new Watch(info, () => ({ artillery: [artillery.pid ?? 0] }))
  const ended = endOf(artillery)
  let code: number | null = null
  void ended.then(
    (end) => (code = end),
    () => (code = 1),
  )
  for (let looks = 0; code === null; looks++) {
    const moment = await watch.look()
    if (moment && looks % LOOKS_A_LINE === 0) {
      const seconds = Math.round((moment.at - begun) / 1000)
      const p99 = moment.moveP99 === null ? '–' : `${moment.moveP99.toFixed(1)} ms`
      print(
        [
          `${String(seconds).padStart(5)} s  ${grouped(moment.connections)} connected`,
          `${grouped(moment.rounds)} rounds/s`,
          `${grouped(moment.commands)} commands/s`,
          `p99 of a move ${p99}`,
          `${grouped(moment.backlog)} events waiting`,
        ].join(', '),
      )
    }
    await Promise.race([sleep(LOOK_MS), ended])
  }
  if (stop.aborted) return INTERRUPTED
  if (!existsSync(output)) {
    process.stderr.write(said.join(''))
    return 1
  }
  const results = readResults(output)
  const checks = scenario.thresholds(players).map((threshold) => check(results.total, threshold))
  const title = `${scenario.name}: ${grouped(players)} players on ${info.nodes.length} nodes`
  writeFileSync(`${base}.html`, htmlOf({ title, command: commandOf(options), begun, results, moments: watch.moments, checks }))
  rmSync(script)
  print(textOf(results, watch.moments, checks))
  const errors = Object.entries(results.total.counters).filter(([name]) => name.startsWith('errors.'))
  for (const [name, times] of errors) print(`${name.replace('errors.', 'error   ')} (${times} times)`)
  print(`\nReport: ${base}.html\nAgain: ${commandOf(options)}`)
  return code === 0 && checks.every(({ passed }) => passed) ? 0 : 1
}

await runCommand(main)
