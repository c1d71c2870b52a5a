/** Reads artillery's JSON. */
import { readFileSync } from 'node:fs'
import type { Threshold } from '../scenarios.ts'

export type Summary = Partial<Record<'min' | 'max' | 'mean' | 'median' | 'p50' | 'p75' | 'p90' | 'p95' | 'p99' | 'count', number>>

/** Counters and histograms of an interval. */
export interface Period {
  /** Epoch ms. */
  at: number
  counters: Record<string, number>
  summaries: Record<string, Summary>
}

export interface Results {
  total: Period
  periods: Period[]
}

interface Written {
  period?: number | string
  firstMetricAt?: number
  counters?: Record<string, number>
  summaries?: Record<string, Summary>
}

const periodOf = ({ period, firstMetricAt, counters = {}, summaries = {} }: Written): Period => ({
  at: Number(period ?? firstMetricAt ?? 0),
  counters,
  summaries,
})

export function readResults(file: string): Results {
  const { aggregate, intermediate } = JSON.parse(readFileSync(file, 'utf8')) as { aggregate: Written; intermediate: Written[] }
  return { total: periodOf(aggregate), periods: intermediate.map(periodOf).sort((a, b) => a.at - b.at) }
}

/** The value of a metric as thresholds name it: a counter, or a histogram and a statistic of it. */
export function valueOf({ counters, summaries }: Period, metric: string): number | null {
  const dot = metric.lastIndexOf('.')
  const ofSummary = summaries[metric.slice(0, dot)]?.[metric.slice(dot + 1) as keyof Summary]
  return counters[metric] ?? ofSummary ?? null
}

export interface Check extends Threshold {
  value: number | null
  passed: boolean
}

/** A metric that was never reported fails, except the count of failed users: artillery reports it with the first failure. */
export function check(total: Period, threshold: Threshold): Check {
  const value = valueOf(total, threshold.metric) ?? (threshold.metric === 'vusers.failed' ? 0 : null)
  const { below = Infinity, atLeast = -Infinity } = threshold
  return { ...threshold, value, passed: value !== null && value < below && value >= atLeast }
}
