/** The scenarios, and the conditions under which a run of each passes. */
import type { LoadSettings } from './settings.ts'

export const SCENARIOS = ['play', 'rooms', 'storm', 'idle'] as const
export type ScenarioName = (typeof SCENARIOS)[number]

/** A metric of artillery's report, which must stay below a limit or reach a minimum. */
export interface Threshold {
  metric: string
  below?: number
  atLeast?: number
}

export interface Scenario {
  name: ScenarioName
  about: string
  /** The function of the processor. */
  call: string
  /** Seconds that players stay after all have arrived, by default. */
  seconds: number
  thresholds(players: number): Threshold[]
}

const ALWAYS = (players: number): Threshold[] => [
  { metric: 'vusers.failed', below: 1 },
  { metric: 'failures', below: 1 },
  { metric: 'sockets_lost', below: 1 },
  { metric: 'players_online', atLeast: players },
  { metric: 'login_ms.p99', below: 5000 },
]

export const SCENARIO: Record<ScenarioName, Scenario> = {
  play: {
    name: 'play',
    about: 'log in, find an opponent, play to the end, and repeat',
    call: 'play',
    seconds: 60,
    thresholds: (players) => [
      ...ALWAYS(players),
      { metric: 'matches_seen', atLeast: players },
      { metric: 'move_ms.p99', below: 500 },
      { metric: 'reveal_ms.p99', below: 500 },
      { metric: 'find_ms.p95', below: 5000 },
    ],
  },
  rooms: {
    name: 'rooms',
    about: 'open a room or join one by its code, play, and repeat',
    call: 'room',
    seconds: 60,
    thresholds: (players) => [
      ...ALWAYS(players),
      { metric: 'matches_seen', atLeast: players },
      { metric: 'create_ms.p99', below: 1000 },
      { metric: 'join_ms.p99', below: 1000 },
      { metric: 'move_ms.p99', below: 500 },
    ],
  },
  storm: {
    name: 'storm',
    about: 'all players lose their sockets at the same moment, three times',
    call: 'storm',
    seconds: 45,
    thresholds: (players) => [
      ...ALWAYS(players),
      { metric: 'came_back', atLeast: 3 * players },
      { metric: 'reconnect_ms.p99', below: 10_000 },
    ],
  },
  idle: {
    name: 'idle',
    about: 'connect and stay, quietly',
    call: 'idle',
    seconds: 60,
    thresholds: (players) => ALWAYS(players),
  },
}

export const conditionOf = ({ metric, below, atLeast }: Threshold): string =>
  below === undefined ? `${metric} >= ${atLeast}` : `${metric} < ${below}`

/** Artillery's script. `processor` is relative to where the script is written. */
export function scriptOf(scenario: Scenario, { players, rampMs, url }: LoadSettings, processor: string): object {
  return {
    config: {
      target: url,
      processor,
      phases: [{ name: scenario.name, duration: Math.max(1, Math.round(rampMs / 1000)), arrivalCount: players }],
      plugins: { ensure: {} },
      // A metric that was never reported fails its condition.
      ensure: {
        conditions: scenario
          .thresholds(players)
          .filter(({ metric }) => metric !== 'vusers.failed')
          .map((threshold) => ({ expression: conditionOf(threshold) })),
        maxErrorRate: 0,
      },
    },
    scenarios: [{ name: scenario.name, engine: 'http', flow: [{ function: scenario.call }] }],
  }
}
