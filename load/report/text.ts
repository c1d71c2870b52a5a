/** The same for a terminal. */
import { grouped } from '../../tools/play/figures.ts'
import { conditionOf } from '../scenarios.ts'
import type { Moment } from '../servers.ts'
import { HINTS } from './html.ts'
import type { Check, Results } from './results.ts'

const ms = (value: number | undefined): string =>
  (value === undefined ? '–' : value < 10 ? String(Number(value.toFixed(1))) : grouped(value)).padStart(8)

/** Moments in which most players were connected: the mean of a run is taken over them. */
function steady(moments: Moment[]): Moment[] {
  const peak = Math.max(0, ...moments.map(({ connections }) => connections))
  return moments.filter(({ connections }) => connections >= peak * 0.95)
}

const mean = (values: number[]): number => (values.length ? values.reduce((sum, value) => sum + value, 0) / values.length : 0)

export function textOf({ total }: Results, moments: Moment[], checks: Check[]): string {
  const lines: string[] = ['', `${'ms'.padEnd(12)}${['median', 'p95', 'p99', 'max', 'count'].map((name) => name.padStart(8)).join('')}`]
  for (const [name, summary] of Object.entries(total.summaries)) {
    if (!name.endsWith('_ms')) continue
    const { median, p95, p99, max, count } = summary
    lines.push(
      `${name.replace('_ms', '').padEnd(12)}${ms(median)}${ms(p95)}${ms(p99)}${ms(max)}${grouped(count ?? 0).padStart(8)}  ` +
        (HINTS[name] ?? ''),
    )
  }
  const while95 = steady(moments)
  if (while95.length) {
    const cpu = Object.keys(while95[0]?.cpu ?? {}).map(
      (name) => `${name} ${mean(while95.map((moment) => moment.cpu[name] ?? 0)).toFixed(2)}`,
    )
    const last = while95.at(-1)
    lines.push(
      '',
      `servers      ${grouped(mean(while95.map(({ rounds }) => rounds)))} rounds/s in the mean, at most ` +
        `${grouped(Math.max(...while95.map(({ rounds }) => rounds)))}; ` +
        `${grouped(Math.max(...moments.map(({ connections }) => connections)))} connections at most`,
      `cores        ${cpu.join(', ')} (nodes: all together)`,
      `memory       ${Object.entries(last?.memory ?? {})
        .map(([name, value]) => `${name} ${grouped(value / 1_048_576)} MB`)
        .join(', ')}`,
      `MySQL        at most ${grouped(Math.max(...moments.map(({ backlog }) => backlog)))} events waiting, ` +
        `${grouped(moments.at(-1)?.backlog ?? 0)} at the end`,
    )
  }
  lines.push(
    '',
    ...checks.map(
      (each) => `${each.passed ? 'ok    ' : 'MISSED'}  ${conditionOf(each)}${each.passed ? '' : `: it is ${each.value ?? 'not reported'}`}`,
    ),
  )
  return lines.join('\n')
}
