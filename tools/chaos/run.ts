/** One run: players, faults, quiet, check. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadGame } from '../../server/src/game.ts'
import { trustOf } from '../play/host.ts'
import { duration, grouped } from '../play/figures.ts'
import { randomOf } from '../play/random.ts'
import { REPEATED, RULES, type FaultInjector } from './injector.ts'
import { check, type Finding } from './checker.ts'
import { readRecords, readPending, unended, type Records } from './records.ts'
import type { ChaosOptions } from './options.ts'
import { ChaosPlayer, newFigures, type Figures } from './player.ts'
import { plan, type Fault } from './schedule.ts'
import { History, type Difference } from './history.ts'

export interface Outcome {
  faults: Map<string, number>
  ms: number
  history: History
  figures: Figures
  finding: Finding
  records: Records
  warnings: Map<string, number>
  /** All violations, wherever they were noticed. */
  differences: Difference[]
}

/** A minute for the last rounds and deadlines, and as much for what waited for Redis or MySQL. */
const QUIET_MS = 120_000
const REPORT_MS = 10_000

export async function runChaos(
  options: ChaosOptions,
  injector: FaultInjector,
  stop: AbortSignal,
  print: (line: string) => void,
): Promise<Outcome> {
  const { minutes, players: count, seed, nodes, recorders } = options
  const begun = performance.now()
  const at = (): string => `${String(Math.floor((performance.now() - begun) / 1000)).padStart(5)} s`
  const random = randomOf(seed)
  const schedule = plan(random, { ms: minutes * 60_000, nodes, recorders }).filter(
    ({ target }) => target !== 'clock' || injector.noClock === null,
  )
  const game = await loadGame(options.game)
  const history = new History()
  const figures = newFigures()
  let goesOn = true
  const { nginx } = injector.cluster
  const trust = nginx ? trustOf(readFileSync(nginx.certificate)) : undefined
  const lobby: string[] = []
  const players = Array.from({ length: count }, (_, index) => {
    return new ChaosPlayer({
      name: `chaos-${index + 1}`,
      url: injector.cluster.info.url,
      trust,
      random: randomOf(seed * 1000 + index),
      game,
      history,
      lobby,
      figures,
      goesOn: () => goesOn,
    })
  })
  const running = players.map((player) => player.run())

  const faults = new Map<string, number>()
  const differences: Difference[] = []
  const report = (): void => {
    const online = players.filter((player) => player.online).length
    const troubles =
      history.differences.length + injector.differences.length + differences.length + figures.faults.size + figures.stuck.length
    print(
      `${at()}  ${grouped(history.rounds)} rounds, ${grouped(history.ended)} matches, ${online} of ${count} online, ` +
        `${[...faults.values()].reduce((sum, n) => sum + n, 0)} faults, ${troubles} differences`,
    )
  }
  const reporting = setInterval(report, REPORT_MS)
  const inject = async (fault: Fault): Promise<void> => {
    const name = `${fault.target} ${fault.action}`
    try {
      await injector.inject(fault, () => {
        faults.set(name, (faults.get(name) ?? 0) + 1)
        print(`${at()}  ${describe(fault)}`)
      })
    } catch (error) {
      differences.push({ kind: 'start', text: error instanceof Error ? error.message : String(error) })
    }
  }
  try {
    const injecting: Promise<void>[] = []
    for (const fault of schedule) {
      await sleep(Math.max(0, fault.at - (performance.now() - begun)), undefined, { signal: stop }).catch(() => undefined)
      if (stop.aborted) break
      injecting.push(inject(fault))
    }
    await sleep(Math.max(0, minutes * 60_000 - (performance.now() - begun)), undefined, { signal: stop }).catch(() => undefined)
    print(`${at()}  No more faults: the last matches are played out.`)
    await Promise.all(injecting)
    await injector.heal()
    goesOn = false
    const quiet = await untilQuiet(players, injector)
    if (quiet !== null) differences.push({ kind: 'unquiet', text: quiet })
  } finally {
    clearInterval(reporting)
    for (const player of players) player.close()
  }
  await Promise.all(running)
  report()

  print(`${at()}  All is quiet: checking what is stored.`)
  const records = await readRecords(injector.cluster.info.mysql.url, injector.redis.url)
  const finding = check(records, history.matches, { ...RULES, game: options.game }, injector.times)
  const warnings = injector.warnings()
  differences.push(...history.differences, ...injector.differences, ...finding.differences)
  for (const [code, times] of figures.faults) differences.push({ kind: 'answer', text: `players were answered ${times} times: ${code}` })
  for (const text of figures.stuck) differences.push({ kind: 'stuck', text })
  const repeated = warnings.get(REPEATED) ?? 0
  if (repeated) differences.push({ kind: 'duplicate', text: `${repeated} batches held events that MySQL had already` })
  finding.duplicates += repeated
  return { faults, ms: performance.now() - begun, history, figures, finding, records, warnings, differences }
}

const VERBS = {
  kill: 'is killed',
  stall: 'is stalled',
  drain: 'is asked to end',
  reload: 'is reloaded',
  fill: 'is full',
  refuse: 'refuses writes',
  back: 'is set back',
  forward: 'is set forward',
}
const AWAY = new Set<Fault['action']>(['kill', 'drain'])

function describe({ target, index, action, lastsMs, stepMs }: Fault): string {
  const who = target === 'clock' ? 'the clock of redis' : target === 'node' || target === 'recorder' ? `${target}-${index + 1}` : target
  const time =
    action === 'reload'
      ? ''
      : AWAY.has(action)
        ? `, away for ${duration(lastsMs)}`
        : `${stepMs ? ` by ${duration(Math.abs(stepMs))}` : ''} for ${duration(lastsMs)}`
  return `${who} ${VERBS[action]}${time}`
}

/** Waits until nobody plays and nothing is left to do, in three polls in a row; otherwise returns what is left. */
async function untilQuiet(players: ChaosPlayer[], injector: FaultInjector): Promise<string | null> {
  const deadline = performance.now() + QUIET_MS
  let looks = 0
  let left = ''
  while (performance.now() < deadline) {
    const busy = players.filter((player) => !player.idle)
    try {
      const pending = await readPending(injector.redis.url, RULES.shards)
      const open = [...pending.open, ...(await unended(injector.cluster.info.mysql.url))]
      const names = busy.slice(0, 3).map(({ name }) => name)
      left = [
        `${busy.length} players busy (${names.join(', ')})`,
        `${open.length} matches open (${open.slice(0, 3).join(', ')})`,
        `${pending.backlog} events in outboxes`,
        `${pending.due} things due`,
        `${pending.tickets} tickets`,
      ].join(', ')
      looks = busy.length + open.length + pending.backlog + pending.due + pending.tickets === 0 ? looks + 1 : 0
    } catch (error) {
      looks = 0
      left = `Redis or MySQL is away: ${error instanceof Error ? error.message : String(error)}`
    }
    if (looks === 3) return null
    await sleep(1000)
  }
  return `not quiet ${QUIET_MS / 1000} s after the last fault: ${left}`
}
