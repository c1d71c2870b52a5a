import { Counter, Histogram, Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { FastCounter, FastHistogram } from '../../server/src/fast-metrics.ts'

const BUCKETS = [0.001, 0.01, 0.1]

/** The order of labels has no meaning. */
const inOrder = (line: string): string => line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').sort().join(',')}}`)

/** The output of a scrape after the same use of each kind of metrics. */
async function scrapes(
  use: (made: { Counter: typeof Counter; Histogram: typeof Histogram; registers: Registry[] }) => void,
): Promise<[string[], string[]]> {
  const texts = await Promise.all(
    [
      { Counter, Histogram },
      { Counter: FastCounter as unknown as typeof Counter, Histogram: FastHistogram as unknown as typeof Histogram },
    ].map(async (kinds) => {
      const registry = new Registry()
      registry.setDefaultLabels({ node: 'one' })
      use({ ...kinds, registers: [registry] })
      return (await registry.metrics()).split('\n').map(inOrder).sort()
    }),
  )
  return texts as [string[], string[]]
}

test('counters and histograms are scraped exactly as those of prom-client', async () => {
  const [theirs, ours] = await scrapes(({ Counter: AnyCounter, Histogram: AnyHistogram, registers }) => {
    const commands = new AnyCounter({ name: 'commands_total', help: 'Commands, by event', labelNames: ['event', 'outcome'], registers })
    commands.labels('move', 'ok').inc()
    commands.labels('move', 'ok').inc()
    commands.inc({ event: 'find', outcome: 'in_match' })
    commands.inc({ event: 'find', outcome: 'in_match' }, 3)
    const nothing = [
      { name: 'nothing_total', help: 'Nothing yet', registers },
      { name: 'never_total', help: 'Nothing yet', labelNames: ['reason'], registers },
    ].map((options) => new AnyCounter(options))
    expect(nothing).toHaveLength(2)
    const rounds = new AnyCounter({ name: 'rounds_total', help: 'Rounds', registers })
    rounds.inc()
    const seconds = new AnyHistogram({ name: 'seconds', help: 'Time', labelNames: ['script'], buckets: BUCKETS, registers })
    for (const value of [0, 0.001, 0.0011, 0.05, 7]) seconds.labels('commit').observe(value)
    seconds.labels('read').observe(0.1)
    const late = new AnyHistogram({ name: 'late', help: 'Lateness', buckets: BUCKETS, registers })
    late.observe(0.2)
  })
  expect(ours).toEqual(theirs)
})

test('different label values are never merged', async () => {
  const [theirs, ours] = await scrapes(({ Counter: AnyCounter, registers }) => {
    const counter = new AnyCounter({ name: 'pairs_total', help: 'Pairs', labelNames: ['one', 'two'], registers })
    counter.labels('a b', 'c').inc()
    counter.labels('a', 'b c').inc()
    counter.labels('', 'x').inc()
    counter.labels('x', '').inc()
  })
  expect(ours).toEqual(theirs)
})
