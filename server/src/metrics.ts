/** Every metric of the server, in one list; ops/observability has a dashboard and alerts for them. */
import { totalmem } from 'node:os'
import { Counter, type CounterConfiguration, Gauge, Registry, collectDefaultMetrics } from 'prom-client'
import packageJson from '../../package.json' with { type: 'json' }
import { FastCounter, FastHistogram } from './fast-metrics.ts'

/**
 * A counter whose name has changed. For one release it is exported under its former name as well, so that dashboards and alerts of
 * operators keep working.
 */
class RenamedCounter {
  readonly #counters: Counter[]

  constructor({ before, ...configuration }: CounterConfiguration<string> & { before: string }) {
    this.#counters = [
      new Counter(configuration),
      new Counter({ ...configuration, name: before, help: `Renamed, and removed in the next release: use ${configuration.name}` }),
    ]
  }

  inc(labels: Record<string, string>, value = 1): void {
    for (const counter of this.#counters) counter.inc(labels, value)
  }
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

/** Without a limit the kernel reports a number that no machine has. */
const memoryLimit = (): number => Math.min(process.constrainedMemory() || Infinity, totalmem())

const NEVER_MS = 2_147_483_647

export type Metrics = ReturnType<typeof createMetrics>

export function createMetrics(node: string) {
  const registry = new Registry()
  registry.setDefaultLabels({ node })
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: NEVER_MS })
  // These sample a hundred times per second, which costs an idle node more than all its other work; see `eventLoopDelay`.
  for (const kind of ['', '_min', '_max', '_mean', '_stddev', '_p50', '_p90', '_p99'])
    registry.removeSingleMetric(`nodejs_eventloop_lag${kind}_seconds`)
  const registers = [registry]
  new Gauge({
    name: 'caiquan_build_info',
    help: 'Always 1; the version of Caiquan and of Node are its labels',
    labelNames: ['version', 'runtime'],
    registers,
  }).set({ version: packageJson.version, runtime: process.version }, 1)
  new Gauge({
    name: 'caiquan_memory_limit_bytes',
    help: "Memory that this process may use: its container's limit, or all of the machine",
    registers,
  }).set(memoryLimit())
  return {
    registry,
    connections: new Gauge({ name: 'caiquan_connections', help: 'Sockets connected to this node', registers }),
    refused: new Counter({
      name: 'caiquan_handshakes_refused_total',
      help: 'Refused handshakes, by code',
      labelNames: ['code'],
      registers,
    }),
    connectionsCut: new Counter({
      name: 'caiquan_connections_cut_total',
      help: 'Connections that were closed because they exceeded a limit, by reason',
      labelNames: ['reason'],
      registers,
    }),
    sentElsewhere: new Counter({
      name: 'caiquan_handshakes_sent_elsewhere_total',
      help: 'Handshakes and API calls for which nginx was sent to another node, by reason',
      labelNames: ['code'],
      registers,
    }),
    overloaded: new Gauge({
      name: 'caiquan_overloaded',
      help: '1 while this node refuses new sockets because its event loop is late',
      registers,
    }),
    eventLoopDelay: new Gauge({
      name: 'caiquan_event_loop_delay_seconds',
      help: 'Longest delay of the event loop in the last 15 seconds',
      registers,
    }),
    commands: new FastCounter({
      name: 'caiquan_commands_total',
      help: 'Commands from clients, by event and outcome',
      labelNames: ['event', 'outcome'],
      registers,
    }),
    commandSeconds: new FastHistogram({
      name: 'caiquan_command_seconds',
      help: 'Time from a command to its acknowledgement, by event',
      labelNames: ['event'],
      buckets: SECONDS,
      registers,
    }),
    logins: new Counter({ name: 'caiquan_logins_total', help: 'Logins, by outcome', labelNames: ['outcome'], registers }),
    contentChecks: new Counter({
      name: 'caiquan_content_checks_total',
      help: 'Results of content checks by WeChat, by kind and outcome',
      labelNames: ['kind', 'outcome'],
      registers,
    }),
    notices: new Counter({
      name: 'caiquan_notices_total',
      help: 'Messages of WeChat to hosts whose friend waits, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    matchesStarted: new FastCounter({ name: 'caiquan_matches_started_total', help: 'Matches that this node started', registers }),
    matchesEnded: new FastCounter({
      name: 'caiquan_matches_ended_total',
      help: 'Matches that ended by a command of this node, by reason',
      labelNames: ['reason'],
      registers,
    }),
    rounds: new FastCounter({
      name: 'caiquan_rounds_total',
      help: 'Rounds that were decided by a command of this node, by reason',
      labelNames: ['reason'],
      registers,
    }),
    online: new Gauge({ name: 'caiquan_players_online', help: 'Players connected to the cluster', registers }),
    open: new Gauge({ name: 'caiquan_matches_open', help: 'Matches in the cluster that have not ended', registers }),
    scriptSeconds: new FastHistogram({
      name: 'caiquan_script_seconds',
      help: 'Time from calling a script to its reply',
      labelNames: ['script'],
      buckets: SECONDS,
      registers,
    }),
    commits: new FastCounter({
      name: 'caiquan_commits_total',
      help: 'Commits of matches by this node, by outcome',
      labelNames: ['outcome'],
      registers,
    }),
    deadlineLateness: new FastHistogram({
      name: 'caiquan_deadline_lateness_seconds',
      help: 'How long after its deadline a round was closed',
      buckets: SECONDS,
      registers,
    }),
    publishFailures: new Counter({
      name: 'caiquan_publish_failures_total',
      help: 'Messages to other nodes that Redis did not accept',
      registers,
    }),
    messagesReceived: new FastCounter({ name: 'caiquan_messages_received_total', help: 'Messages from other nodes', registers }),
    redisUp: new Gauge({ name: 'caiquan_redis_up', help: '1 while the command connection to Redis is ready', registers }),
    storeRefusals: new Counter({
      name: 'caiquan_store_refusals_total',
      help: 'Requests of this node that failed because a store is away or refuses, by store and reason',
      labelNames: ['store', 'reason'],
      registers,
    }),
    storeRefusing: new Gauge({
      name: 'caiquan_store_refusing',
      help: '1 while a store is away or refuses, as far as this node knows, by store',
      labelNames: ['store'],
      registers,
    }),
    stale: new Gauge({
      name: 'caiquan_metrics_stale',
      help: '1 while gauges that are read from Redis or MySQL hold the values of an earlier scrape',
      registers,
    }),
    recordedEvents: new RenamedCounter({
      name: 'caiquan_recorded_events_total',
      before: 'caiquan_recorded_facts_total',
      help: 'Events recorded in MySQL by this node, by type',
      labelNames: ['type'],
      registers,
    }),
    repeatedEvents: new RenamedCounter({
      name: 'caiquan_repeated_events_total',
      before: 'caiquan_repeated_facts_total',
      help: 'Events that MySQL held already; any value but 0 should be investigated',
      registers,
    }),
    recorderErrors: new Counter({
      name: 'caiquan_recorder_errors_total',
      help: 'Batches that could not be recorded and are tried again',
      registers,
    }),
    outboxBacklog: new Gauge({
      name: 'caiquan_outbox_backlog',
      help: "Events in the cluster's outboxes that are not in MySQL yet",
      registers,
    }),
    outboxLag: new Gauge({ name: 'caiquan_outbox_lag_seconds', help: 'Age of the oldest event that is not in MySQL yet', registers }),
  }
}
