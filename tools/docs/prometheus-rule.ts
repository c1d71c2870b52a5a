// `npm run docs:rules`: writes k8s/monitoring/prometheus-rule.yaml, the alerts in the form of the Prometheus Operator.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'

export const RULE_FILE = join(import.meta.dirname, '../../k8s/monitoring/prometheus-rule.yaml')
const SOURCES = ['alerts.yaml', 'alerts-platform.yaml']

export function prometheusRule(): string {
  const groups = SOURCES.flatMap(
    (name) => (parse(readFileSync(join(import.meta.dirname, '../../ops/observability', name), 'utf8')) as { groups: object[] }).groups,
  )
  const rule = {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'caiquan', labels: { 'app.kubernetes.io/part-of': 'caiquan' } },
    spec: { groups },
  }
  return `# Made of ops/observability/${SOURCES.join(' and ')} by \`npm run docs:rules\`.\n${stringify(rule, { lineWidth: 0 })}`
}

if (import.meta.main) writeFileSync(RULE_FILE, prometheusRule())
