import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse, parseAllDocuments } from 'yaml'
import { dashboard } from '../../tools/docs/dashboard.ts'
import { prometheusRule, RULE_FILE } from '../../tools/docs/prometheus-rule.ts'
import { ROOT } from '../../tools/services/node.ts'
import { findProgram } from '../../tools/services/programs.ts'
import { createNginxMetrics } from '../../server/src/nginx-exporter.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import { alerts, dashboardJson, expressions, panels, platformAlerts } from '../support/observability.ts'
import { readQuery } from '../support/promql.ts'

/** Labels that Prometheus itself, or the metrics of Node, add. */
const EVERYWHERE = ['node', 'job', 'instance', 'le']

interface Declared {
  name: string
  help: string
  type: string
  labelNames?: string[]
}
// The labels of counters that are still zero are declared too.
const declared = [
  ...createMetrics('test').registry.getMetricsAsArray(),
  ...createNginxMetrics().registry.getMetricsAsArray(),
] as unknown as Declared[]
const ours = declared.filter(({ name }) => name.startsWith('caiquan_'))

test('metrics are named as Prometheus wants it, and have a description', () => {
  expect(ours.length).toBeGreaterThan(15)
  for (const { name, help, type } of ours) {
    expect(name).toMatch(/^caiquan_[a-z]+(_[a-z]+)*$/)
    expect(help.length, name).toBeGreaterThan(15)
    expect(name.endsWith('_total'), name).toBe(type === 'counter')
    if (type === 'histogram') expect(name).toMatch(/_seconds$/)
  }
})

test.each(expressions)('%s asks for labels that its metrics have', (_, expr) => {
  const { mentions, grouped } = readQuery(expr)
  expect(mentions).not.toEqual([])
  const labelsOf = (metric: string): string[] => {
    const found = declared.find(({ name }) => name === metric.replace(/_(bucket|sum|count)$/, '') || name === metric)
    return [...EVERYWHERE, ...(found?.labelNames ?? [])]
  }
  for (const { metric, labels } of mentions) for (const label of labels) expect(labelsOf(metric), metric).toContain(label)
  for (const label of grouped)
    expect(
      mentions.some(({ metric }) => labelsOf(metric).includes(label)),
      label,
    ).toBe(true)
})

test('a text that is not PromQL is found, and so is a metric in the middle of an expression', () => {
  expect(() => readQuery('sum(rate(up[5m])')).toThrow(/not PromQL/)
  expect(readQuery('sum by (a) (rate(x_total{b="1"}[5m])) > 3 unless y')).toEqual({
    mentions: [
      { metric: 'x_total', labels: ['b'] },
      { metric: 'y', labels: [] },
    ],
    grouped: ['a'],
  })
})

test('the runbook explains every alert and the steps after it, and no other alert', () => {
  const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')
  const sections = new Map(
    runbook
      .split(/^### /m)
      .slice(1)
      .map((text) => [text.slice(0, text.indexOf('\n')), text]),
  )
  expect([...sections.keys()].filter((title) => title.startsWith('Caiquan'))).toEqual(
    [...alerts, ...platformAlerts].map(({ alert }) => alert),
  )
  for (const { alert, labels, annotations } of [...alerts, ...platformAlerts]) {
    expect(sections.get(alert)).toMatch(/\*\*Means\*\* .*\*\*Do\*\* /s)
    expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`)
    expect(['warning', 'critical']).toContain(labels.severity)
  }
})

test('dashboard.json is the output of `npm run docs:dashboard`, and no panel covers another', () => {
  expect(dashboardJson).toBe(`${JSON.stringify(dashboard(), null, 2)}\n`)
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, i) => `${x + (i % w)},${y + Math.floor(i / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
})

test('alerts fire when they should, and not before: promtool runs their tests', () => {
  const { status, stdout, stderr } = spawnSync(
    findProgram('promtool'),
    ['test', 'rules', join(ROOT, 'ops/observability/alerts.test.yaml')],
    { encoding: 'utf8' },
  )
  expect(status, `${stdout}${stderr}`).toBe(0)
})

test('every alert about the platform has such a test, and so have those that Kubernetes depends on', () => {
  const { tests } = parse(readFileSync(join(ROOT, 'ops/observability/alerts.test.yaml'), 'utf8')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts: object[] }[] }[]
  }
  const firing = new Set(
    tests
      .flatMap((each) => each.alert_rule_test)
      .filter(({ exp_alerts: expected }) => expected.length > 0)
      .map(({ alertname }) => alertname),
  )
  for (const { alert } of platformAlerts) expect(firing).toContain(alert)
  for (const alert of [
    'CaiquanRecorderStuck',
    'CaiquanMemoryShort',
    'CaiquanStoreRefuses',
    'CaiquanNobodyServes',
    'CaiquanNothingRecorded',
  ])
    expect(firing).toContain(alert)
})

test('the PrometheusRule is the output of `npm run docs:rules`, and the PodMonitor scrapes what the annotations name', () => {
  expect(readFileSync(RULE_FILE, 'utf8')).toBe(prometheusRule())
  const [monitor, ofNginx] = parseAllDocuments(readFileSync(join(ROOT, 'k8s/monitoring/pod-monitor.yaml'), 'utf8')).map(
    (document) => document.toJS() as { spec: { selector: object; podMetricsEndpoints: { port: string; path: string }[] } },
  )
  if (!monitor || !ofNginx) return expect.unreachable()
  expect(monitor.spec.selector).toEqual({
    matchExpressions: [{ key: 'app.kubernetes.io/name', operator: 'In', values: ['server', 'recorder'] }],
  })
  expect(monitor.spec.podMetricsEndpoints).toMatchObject([{ port: 'http', path: '/metrics' }])
  expect(ofNginx.spec).toMatchObject({
    selector: { matchLabels: { 'app.kubernetes.io/name': 'nginx' } },
    podMetricsEndpoints: [{ port: 'metrics', path: '/metrics' }],
  })
})

test('every dashboard shows which versions run', () => {
  expect(panels.some(({ targets = [] }) => targets.some(({ expr }) => expr.includes('caiquan_build_info')))).toBe(true)
})
