// `npm run docs:dashboard`: writes dashboard.json, to be imported into Grafana 11 or newer.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

export const DASHBOARD_FILE = join(import.meta.dirname, '../../ops/observability/dashboard.json')

type Unit = 'short' | 's' | 'bytes' | 'ops' | 'percentunit'
interface Panel {
  title: string
  what: string
  unit: Unit
  /** PromQL by legend. */
  series: Record<string, string>
}

const NODES = '{node=~"$node"}'
const rate = (metric: string): string => `sum(rate(${metric}${NODES}[$__rate_interval]))`
const rateBy = (label: string, metric: string): string => `sum by (${label}) (rate(${metric}${NODES}[$__rate_interval]))`
const quantiles = (histogram: string, ...qs: number[]): Record<string, string> =>
  Object.fromEntries(
    qs.map((q) => [`p${q * 100}`, `histogram_quantile(${q}, sum by (le) (rate(${histogram}_bucket${NODES}[$__rate_interval])))`]),
  )

/** Rows of panels. */
const ROWS: Record<string, Panel[]> = {
  Players: [
    { title: 'Players online', what: 'In the whole cluster', unit: 'short', series: { players: 'max(caiquan_players_online)' } },
    { title: 'Connections', what: 'Sockets of each node', unit: 'short', series: { '{{node}}': `caiquan_connections${NODES}` } },
    {
      title: 'Refused handshakes',
      what: 'By code; elsewhere: nginx was sent to another node; cut off: connections that exceeded a limit',
      unit: 'ops',
      series: {
        '{{code}}': rateBy('code', 'caiquan_handshakes_refused_total'),
        'elsewhere: {{code}}': rateBy('code', 'caiquan_handshakes_sent_elsewhere_total'),
        'cut off: {{reason}}': rateBy('reason', 'caiquan_connections_cut_total'),
      },
    },
    {
      title: 'Logins',
      what: "By outcome; and WeChat's results for nicknames and pictures",
      unit: 'ops',
      series: {
        '{{outcome}}': rateBy('outcome', 'caiquan_logins_total'),
        'checked: {{outcome}}': rateBy('outcome', 'caiquan_content_checks_total'),
        'messages: {{outcome}}': rateBy('outcome', 'caiquan_notices_total'),
      },
    },
  ],
  Play: [
    {
      title: 'Matches open',
      what: 'In the whole cluster, rooms that wait included',
      unit: 'short',
      series: { open: 'max(caiquan_matches_open)' },
    },
    {
      title: 'Matches',
      what: 'Started, and ended by reason',
      unit: 'ops',
      series: { started: rate('caiquan_matches_started_total'), 'ended: {{reason}}': rateBy('reason', 'caiquan_matches_ended_total') },
    },
    { title: 'Rounds', what: 'Decided, by reason', unit: 'ops', series: { '{{reason}}': rateBy('reason', 'caiquan_rounds_total') } },
    {
      title: 'Deadline lateness',
      what: 'How long after its deadline a round was closed',
      unit: 's',
      series: quantiles('caiquan_deadline_lateness_seconds', 0.5, 0.99),
    },
  ],
  CheckResults: [
    { title: 'Commands', what: 'By event', unit: 'ops', series: { '{{event}}': rateBy('event', 'caiquan_commands_total') } },
    {
      title: 'Commands refused',
      what: 'By code',
      unit: 'ops',
      series: { '{{outcome}}': `sum by (outcome) (rate(caiquan_commands_total{node=~"$node", outcome!="ok"}[$__rate_interval]))` },
    },
    {
      title: 'Command latency',
      what: 'From a command to its acknowledgement',
      unit: 's',
      series: quantiles('caiquan_command_seconds', 0.5, 0.9, 0.99),
    },
    {
      title: 'Script latency',
      what: 'p99 of each script, from the call to the reply',
      unit: 's',
      series: {
        '{{script}}': `histogram_quantile(0.99, sum by (le, script) (rate(caiquan_script_seconds_bucket${NODES}[$__rate_interval])))`,
      },
    },
  ],
  'Redis and MySQL': [
    {
      title: 'Stores',
      what: '1 while the node has Redis; requests that Redis or MySQL refused',
      unit: 'short',
      series: {
        '{{node}}': `caiquan_redis_up${NODES}`,
        'requests refused by {{store}}: {{reason}}': rateBy('store, reason', 'caiquan_store_refusals_total'),
      },
    },
    {
      title: 'Publish failures',
      what: 'Messages to other nodes that Redis did not accept',
      unit: 'ops',
      series: { '{{node}}': rateBy('node', 'caiquan_publish_failures_total') },
    },
    {
      title: 'Recorder lag',
      what: 'Age of the oldest event that is not in MySQL',
      unit: 's',
      series: { lag: 'max(caiquan_outbox_lag_seconds)' },
    },
    {
      title: 'Recorder',
      what: 'Events that wait, are recorded, are tried again',
      unit: 'short',
      series: {
        waiting: 'max(caiquan_outbox_backlog)',
        'recorded per second: {{type}}': rateBy('type', 'caiquan_recorded_events_total'),
        'failed batches per second': rate('caiquan_recorder_errors_total'),
      },
    },
  ],
  nginx: [
    {
      title: 'Connections of nginx',
      what: 'Of each pod: clients and nodes together; of them, idle ones of clients',
      unit: 'short',
      series: { '{{instance}}': 'nginx_connections_active', 'idle at {{instance}}': 'nginx_connections_waiting' },
    },
    {
      title: 'New connections',
      what: 'Accepted by each pod, and dropped because no connection was free',
      unit: 'ops',
      series: {
        '{{instance}}': 'rate(nginx_connections_accepted[$__rate_interval])',
        'dropped by {{instance}}': 'rate(nginx_connections_accepted[$__rate_interval]) - rate(nginx_connections_handled[$__rate_interval])',
      },
    },
    {
      title: 'Responses',
      what: 'Of all pods, by status; a WebSocket counts as 101 when it ends',
      unit: 'ops',
      series: { '{{status}}': 'sum by (status) (rate(caiquan_nginx_responses_total[$__rate_interval]))' },
    },
    {
      title: 'Responses that failed',
      what: '429: refused by a limit; 5xx: no node responded, or a node returned it',
      unit: 'ops',
      series: {
        '429 for {{part}}': 'sum by (part) (rate(caiquan_nginx_responses_total{status="429"}[$__rate_interval]))',
        '{{status}} for {{part}}': 'sum by (part, status) (rate(caiquan_nginx_responses_total{status=~"5.."}[$__rate_interval]))',
      },
    },
  ],
  Release: [
    {
      title: 'Version',
      what: 'Processes by version of Caiquan and of Node',
      unit: 'short',
      series: { '{{version}}, Node {{runtime}}': `count by (version, runtime) (caiquan_build_info${NODES})` },
    },
  ],
  Nodes: [
    { title: 'Event-loop delay', what: 'longest of 15 s', unit: 's', series: { '{{node}}': `caiquan_event_loop_delay_seconds${NODES}` } },
    {
      title: 'Processor',
      what: '1 is a whole core, which is all that a node can use but for helpers',
      unit: 'percentunit',
      series: { '{{node}}': rateBy('node', 'process_cpu_seconds_total') },
    },
    {
      title: 'Memory',
      what: 'Resident, and what the process may use',
      unit: 'bytes',
      series: { '{{node}}': `process_resident_memory_bytes${NODES}`, 'limit of {{node}}': `caiquan_memory_limit_bytes${NODES}` },
    },
    {
      title: 'Memory per connection',
      what: 'Of nodes with a hundred connections at least',
      unit: 'bytes',
      series: {
        '{{node}}': `sum by (node) (process_resident_memory_bytes${NODES}) / (sum by (node) (caiquan_connections${NODES}) >= 100)`,
      },
    },
  ],
}

const WIDTH = 6
const HEIGHT = 7
const SOURCE = { type: 'prometheus', uid: '${source}' }

export function dashboard(): object {
  const panels: object[] = []
  let y = 0
  for (const [title, row] of Object.entries(ROWS)) {
    panels.push({ type: 'row', title, collapsed: false, panels: [], id: panels.length + 1, gridPos: { x: 0, y, w: 24, h: 1 } })
    y += 1
    for (const [column, panel] of row.entries()) panels.push(panelOf(panel, panels.length + 1, column * WIDTH, y))
    y += HEIGHT
  }
  return {
    uid: 'caiquan',
    title: 'Caiquan',
    tags: ['caiquan'],
    schemaVersion: 39,
    version: 1,
    editable: true,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'source', type: 'datasource', label: 'Prometheus', query: 'prometheus', refresh: 1 },
        {
          name: 'node',
          type: 'query',
          label: 'Node',
          datasource: SOURCE,
          query: { query: 'label_values(caiquan_redis_up, node)', refId: 'node' },
          refresh: 2,
          sort: 1,
          multi: true,
          includeAll: true,
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
    annotations: { list: [] },
    panels,
  }
}

function panelOf({ title, what, unit, series }: Panel, id: number, x: number, y: number): object {
  return {
    id,
    type: 'timeseries',
    title,
    description: what,
    datasource: SOURCE,
    gridPos: { x, y, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0, custom: { fillOpacity: 8, showPoints: 'never' } }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi', sort: 'desc' } },
    targets: Object.entries(series).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: SOURCE,
      expr,
      legendFormat,
    })),
  }
}

if (import.meta.main) writeFileSync(DASHBOARD_FILE, `${JSON.stringify(dashboard(), null, 2)}\n`)
