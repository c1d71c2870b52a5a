import { duration, grouped, spread } from '../play/figures.ts'
import type { FaultInjector, Outage } from './injector.ts'
import { commandOf, type ChaosOptions } from './options.ts'
import type { Resume } from './player.ts'
import type { Outcome } from './run.ts'

/** Differences that are printed; further ones are counted. */
const SHOWN = 20

/**
 * How long after an outage of Redis or nginx a client may still wait for its next attempt, ms: the longest wait of the SDK, and that of a
 * refused handshake.
 */
const AFTERMATH_MS = 3000
/** While these are away no player can be served. */
const NEEDED = new Set(['redis', 'nginx'])

/**
 * How long it took to be back: from the loss of the socket, or from the end of an outage of Redis or nginx in between, which no client can
 * do anything about.
 */
export function resumeTimes(resumes: readonly { lostAt: number; backAt: number }[], outages: readonly Outage[]): number[] {
  const ends = outages.filter(({ target }) => NEEDED.has(target)).map(({ to }) => to)
  return resumes.map(({ lostAt, backAt }) => backAt - Math.max(lostAt, ...ends.filter((end) => end > lostAt && end <= backAt)))
}

/** Resumes without a stalled node: a stalled node keeps its sockets, and nginx goes on sending connections there. */
export function withoutStalls<T extends { lostAt: number; backAt: number }>(resumes: readonly T[], outages: readonly Outage[]): T[] {
  const stalls = outages.filter(({ target, action }) => target === 'node' && action === 'stall')
  return resumes.filter(({ lostAt, backAt }) => !stalls.some(({ from, to }) => from <= backAt && lostAt <= to))
}

/** Resumes without an outage of Redis or nginx: only with faults of nodes, recorders, MySQL, clocks, or the players themselves. */
export function whileServed<T extends { lostAt: number; backAt: number }>(resumes: readonly T[], outages: readonly Outage[]): T[] {
  const away = outages.filter(({ target }) => NEEDED.has(target))
  return resumes.filter(({ lostAt, backAt }) => !away.some(({ from, to }) => from <= backAt && lostAt <= to + AFTERMATH_MS))
}

/** How many of the slowest resumes are explained. */
const EXPLAINED = 5

/** The slowest resumes: which faults there were meanwhile, and what the SDK did. Times count from the loss of the socket. */
export function slowestResumes(resumes: readonly Resume[], outages: readonly Outage[]): string[] {
  const timed = resumes.map((resume) => ({ resume, ms: resumeTimes([resume], outages)[0] ?? 0 }))
  return timed
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, EXPLAINED)
    .map(({ resume: { player, lostAt, backAt, steps }, ms }) => {
      const since = (at: number): string => `${at < lostAt ? '-' : ''}${duration(Math.abs(at - lostAt))}`
      const faults = outages
        .filter(({ from, to }) => from <= backAt && to >= lostAt - 1000)
        .map(({ target, action, from, to }) => `${target} ${action} ${since(from)} to ${since(to)}`)
      const states = steps.map(({ at, what }) => `${since(at)} ${what}`).join(', ')
      return `${duration(ms)} of ${duration(backAt - lostAt)}, ${player}: ${faults.join(', ') || 'no fault'}; ${states}`
    })
}

/** Splits deadlines into those that passed while Redis was available, and the others. */
export function latenessOf(
  lateness: readonly { at: number; ms: number }[],
  outages: readonly Outage[],
): { served: number[]; away: number[] } {
  // A node needs a moment to find Redis again.
  const gone = outages.filter(({ target }) => target === 'redis').map(({ from, to }) => [from, to + 1000] as const)
  const isAway = (at: number): boolean => gone.some(([from, to]) => at >= from - 50 && at <= to)
  return {
    served: lateness.filter(({ at }) => !isAway(at)).map(({ ms }) => ms),
    away: lateness.filter(({ at }) => isAway(at)).map(({ ms }) => ms),
  }
}

const total = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0)
const listed = (counts: Map<string, number>): string =>
  [...counts]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')

export function reportOf(
  options: ChaosOptions,
  outcome: Outcome,
  { outages, noClock, times }: Pick<FaultInjector, 'outages' | 'noClock' | 'times'>,
): string {
  const { faults, ms, history, figures, finding, records, warnings, differences } = outcome
  const late = latenessOf(finding.lateness, outages)
  const resumes = resumeTimes(figures.resumes, outages)
  const withBot = records.matches.filter(({ player1Id }) => player1Id === 'bot').length
  const rows: [string, string][] = [
    ['faults survived', `${total(faults)}: ${listed(faults)}`],
    ['by the players', `${figures.restarts} phones restarted, ${figures.tears} sockets broken, ${figures.lapses} rounds missed on purpose`],
    [
      'matches',
      `${grouped(records.matches.length)} recorded (${records.ratings.length} ranked, ${withBot} against the bot, ${finding.unseen} ` +
        'that no player saw)',
    ],
    ['rounds played', grouped(records.rounds.length)],
    ['rounds lost', grouped(finding.lost)],
    ['duplicates', grouped(finding.duplicates)],
    ['moves acknowledged', `${grouped(history.acknowledgements)}, each compared with its row`],
    ['views seen', grouped(history.views)],
    ['resume time', spread(resumes)],
    ['  while no node was stalled', spread(resumeTimes(withoutStalls(figures.resumes, outages), outages))],
    ['  while Redis and nginx were available', spread(resumeTimes(whileServed(figures.resumes, outages), outages))],
    ...slowestResumes(figures.resumes, outages).map((text): [string, string] => ['  slow', text]),
    ['a move to its acknowledgement', spread(figures.moves)],
    ['deadline lateness', spread(late.served)],
    ['  while Redis was away', spread(late.away)],
    [
      'Redis and nginx away',
      `${outages.filter(({ target }) => NEEDED.has(target)).length} times, together ` +
        duration(outages.filter(({ target }) => NEEDED.has(target)).reduce((sum, { from, to }) => sum + to - from, 0)),
    ],
    [
      'the clock of Redis',
      noClock === null
        ? `stepped ${times.steps} times; players saw it ${duration(-history.clock.behind)} behind and ` +
          `${duration(history.clock.ahead)} ahead`
        : `not stepped: ${noClock}`,
    ],
    ['errors in the logs', warnings.size ? '' : 'none'],
    ...[...warnings].sort(([, a], [, b]) => b - a).map(([text, times]): [string, string] => [`  ${grouped(times)} times`, text]),
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const worst = differences.slice(0, SHOWN).map(({ kind, text }) => `  ${kind}: ${text}`)
  if (differences.length > SHOWN) worst.push(`  … and ${differences.length - SHOWN} more`)
  return [
    '',
    `${options.players} players on ${options.nodes} nodes and ${options.recorders} recorders for ${duration(ms)}, seed ${options.seed}`,
    ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`),
    '',
    differences.length === 0
      ? 'All records are right: nothing was lost, nothing was counted twice, and all players saw the same.'
      : `The records are WRONG: ${differences.length} differences.`,
    ...worst,
    `Again: ${commandOf(options)}`,
    '',
  ].join('\n')
}
