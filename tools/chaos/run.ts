/** One run: players, faults, quiet, audit. */
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { loadGame } from '../../server/src/game.ts'
import { trustOf } from '../play/host.ts'
import { duration, grouped } from '../play/figures.ts'
import { randomOf } from '../play/random.ts'
import { REPEATED, RULES, type Arena } from './injector.ts'
import { audit, type Finding } from './checker.ts'
import { readBooks, readPending, unended, type Books } from './records.ts'
import type { ChaosOptions } from './options.ts'
import { ChaosPlayer, newFigures, type Figures } from './player.ts'
import { plan, type Fault } from './schedule.ts'
import { Witness, type Difference } from './history.ts'

export interface Outcome {
  faults: Map<string, number>
  ms: number
  witness: Witness
  figures: Figures
  finding: Finding
  books: Books
  complaints: Map<string, number>
  /** All that must not be, from wherever it was noticed. */
  differences: Difference[]
}

/** A minute for the last rounds and deadlines, and as much for what waited for Redis or MySQL. */
const QUIET_MS = 120_000
const REPORT_MS = 10_000

export async function runChaos(options: ChaosOptions, arena: Arena, stop: AbortSignal, say: (line: string) => void): Promise<Outcome> {
  const { minutes, players: count, seed, nodes, recorders } = options
  const begun = performance.now()
  const at = (): string => `${String(Math.floor((performance.now() - begun) / 1000)).padStart(5)} s`
  const random = randomOf(seed)
  const schedule = plan(random, { ms: minutes * 60_000, nodes, recorders }).filter(
    ({ victim }) => victim !== 'clock' || arena.noClock === null,
  )
  const game = await loadGame(options.game)
  const witness = new Witness()
  const figures = newFigures()
  let goesOn = true
  const { nginx } = arena.cluster
  const trust = nginx ? trustOf(readFileSync(nginx.certificate)) : undefined
  const lobby: string[] = []
  const players = Array.from({ length: count }, (_, index) => {
    return new ChaosPlayer({
      name: `chaos-${index + 1}`,
      url: arena.cluster.info.url,
      trust,
      random: randomOf(seed * 1000 + index),
      game,
      witness,
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
    const troubles = witness.differences.length + arena.differences.length + differences.length + figures.faults.size + figures.stuck.length
    say(
      `${at()}  ${grouped(witness.rounds)} rounds, ${grouped(witness.ended)} matches, ${online} of ${count} online, ${[...faults.values()].reduce((sum, n) => sum + n, 0)} faults, ${troubles} differences`,
    )
  }
  const reporting = setInterval(report, REPORT_MS)
  const strike = async (fault: Fault): Promise<void> => {
    const name = `${fault.victim} ${fault.blow}`
    try {
      await arena.strike(fault, () => {
        faults.set(name, (faults.get(name) ?? 0) + 1)
        say(`${at()}  ${describe(fault)}`)
      })
    } catch (error) {
      differences.push({ kind: 'start', text: error instanceof Error ? error.message : String(error) })
    }
  }
  try {
    const striking: Promise<void>[] = []
    for (const fault of schedule) {
      await sleep(Math.max(0, fault.at - (performance.now() - begun)), undefined, { signal: stop }).catch(() => undefined)
      if (stop.aborted) break
      striking.push(strike(fault))
    }
    await sleep(Math.max(0, minutes * 60_000 - (performance.now() - begun)), undefined, { signal: stop }).catch(() => undefined)
    say(`${at()}  No more faults: the last matches are played out.`)
    await Promise.all(striking)
    await arena.heal()
    goesOn = false
    const quiet = await untilQuiet(players, arena)
    if (quiet !== null) differences.push({ kind: 'unquiet', text: quiet })
  } finally {
    clearInterval(reporting)
    for (const player of players) player.close()
  }
  await Promise.all(running)
  report()

  say(`${at()}  All is quiet: checking the books.`)
  const books = await readBooks(arena.cluster.info.mysql.url, arena.redis.url)
  const finding = audit(books, witness.matches, { ...RULES, game: options.game }, arena.times)
  const complaints = arena.complaints()
  differences.push(...witness.differences, ...arena.differences, ...finding.differences)
  for (const [code, times] of figures.faults) differences.push({ kind: 'answer', text: `players were answered ${times} times: ${code}` })
  for (const text of figures.stuck) differences.push({ kind: 'stuck', text })
  const repeated = complaints.get(REPEATED) ?? 0
  if (repeated) differences.push({ kind: 'duplicate', text: `${repeated} batches held facts that MySQL had already` })
  finding.duplicates += repeated
  return { faults, ms: performance.now() - begun, witness, figures, finding, books, complaints, differences }
}

const VERBS = {
  kill: 'is killed',
  stall: 'is stalled',
  drain: 'is told to end',
  reload: 'is reloaded',
  fill: 'is full',
  refuse: 'refuses writes',
  back: 'is set back',
  forward: 'is set forward',
}
const AWAY = new Set<Fault['blow']>(['kill', 'drain'])

function describe({ victim, index, blow, lastsMs, stepMs }: Fault): string {
  const who = victim === 'clock' ? 'the clock of redis' : victim === 'node' || victim === 'recorder' ? `${victim}-${index + 1}` : victim
  const time =
    blow === 'reload'
      ? ''
      : AWAY.has(blow)
        ? `, away for ${duration(lastsMs)}`
        : `${stepMs ? ` by ${duration(Math.abs(stepMs))}` : ''} for ${duration(lastsMs)}`
  return `${who} ${VERBS[blow]}${time}`
}

/** Waits until nobody plays and nothing is left to do, three looks in a row; otherwise answers what is. */
async function untilQuiet(players: ChaosPlayer[], arena: Arena): Promise<string | null> {
  const deadline = performance.now() + QUIET_MS
  let looks = 0
  let left = ''
  while (performance.now() < deadline) {
    const busy = players.filter((player) => !player.idle)
    try {
      const pending = await readPending(arena.redis.url, RULES.shards)
      const open = [...pending.open, ...(await unended(arena.cluster.info.mysql.url))]
      left = `${busy.length} players busy (${busy
        .slice(0, 3)
        .map(({ name }) => name)
        .join(
          ', ',
        )}), ${open.length} matches open (${open.slice(0, 3).join(', ')}), ${pending.backlog} facts in outboxes, ${pending.due} things due, ${pending.tickets} tickets`
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
