import { expect, test } from 'vitest'
import { createMetrics } from '../../server/src/metrics.ts'

test('a renamed counter is exported under its former name as well, with the same values', async () => {
  const metrics = createMetrics('node-1')
  metrics.recordedEvents.inc({ type: 'round' })
  metrics.repeatedEvents.inc({}, 3)
  const text = await metrics.registry.metrics()
  for (const word of ['events', 'facts']) {
    expect(text).toMatch(new RegExp(`^caiquan_recorded_${word}_total\\{.*type="round".*\\} 1$`, 'm'))
    expect(text).toMatch(new RegExp(`^caiquan_repeated_${word}_total\\{.*\\} 3$`, 'm'))
  }
})
