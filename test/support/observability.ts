import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { ROOT } from '../../tools/services/node.ts'

export interface Alert {
  alert: string
  expr: string
  labels: { severity: string }
  annotations: { summary: string; runbook: string }
}
const alertsOf = (file: string): Alert[] =>
  (parse(readFileSync(join(ROOT, 'ops/observability', file), 'utf8')) as { groups: { rules: Alert[] }[] }).groups.flatMap(
    ({ rules }) => rules,
  )
export const alerts = alertsOf('alerts.yaml')
/** The alerts about systems that are not ours, by metrics of exporters. */
export const platformAlerts = alertsOf('alerts-platform.yaml')

interface DashboardPanel {
  type: string
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets?: { expr: string; legendFormat: string }[]
}
export const dashboardJson = readFileSync(join(ROOT, 'ops/observability/dashboard.json'), 'utf8')
export const panels = (JSON.parse(dashboardJson) as { panels: DashboardPanel[] }).panels

/** Every expression, with its place. */
export const expressions: [string, string][] = [
  ...alerts.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }): [string, string] => [title, expr])),
]
