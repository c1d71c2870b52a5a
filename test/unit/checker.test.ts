import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createLog } from '../../server/src/log.ts'
import { createMetrics } from '../../server/src/metrics.ts'
import type { Poll } from '../../server/src/poll.ts'
import { retryMs, startChecker } from '../../server/src/moderation/checker.ts'
import type { Check, ContentChecks } from '../../server/src/moderation/content-checks.ts'
import type { PictureOutcome, TextOutcome } from '../../server/src/moderation/wechat-checks.ts'

const config = {
  CONTENT_CHECK_POLL_MS: 1000,
  CONTENT_CHECK_LEASE_MS: 30_000,
  CONTENT_CHECK_RETRY_MS: 5000,
  CONTENT_CHECK_RETRY_MAX_MS: 60_000,
  CONTENT_CHECK_QUOTA_MS: 60_000,
  CONTENT_CHECK_ANSWER_MS: 100_000,
}
const check = (kind: Check['kind'], attempts = 1): Check => ({
  playerId: 'p',
  openid: 'o',
  kind,
  ticket: 't',
  value: 'v',
  state: 'pending',
  attempts,
})

let checker: Poll | undefined
let due: Check[]
let did: unknown[][]

function start(text: TextOutcome, picture: PictureOutcome = { traceId: 'trace' }): void {
  did = []
  const note =
    (name: string) =>
    (...args: unknown[]) => {
      did.push([name, ...args])
      return Promise.resolve(true)
    }
  const checks = {
    lease: () => Promise.resolve(due.splice(0)),
    postpone: (_: unknown, ms: number) => note('postpone')(ms),
    asked: (_: unknown, trace: string, ms: number) => note('asked')(trace, ms),
  } as unknown as ContentChecks
  const results = {
    apply: (_: unknown, suggestion: string) => note('apply')(suggestion),
    early: note('early'),
    followUp: () => note('followUp')(),
  } as never
  checker = startChecker({
    checks,
    results,
    wechat: { text: () => Promise.resolve(text), picture: () => Promise.resolve(picture) },
    config,
    metrics: createMetrics('test'),
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
    failed: () => undefined,
  })
}

beforeEach(() => {
  vi.useFakeTimers()
  due = []
})
afterEach(async () => {
  const closed = checker?.close()
  await vi.advanceTimersByTimeAsync(3000)
  await closed
  vi.useRealTimers()
})

test('waits get longer, up to a limit, and are not all the same', () => {
  const waits = [1, 2, 3, 20, 2000].map((attempts) => retryMs(attempts, config))
  for (const [index, max] of [5000, 10_000, 20_000, 60_000, 60_000].entries()) {
    expect(waits[index]).toBeLessThanOrEqual(max)
    expect(waits[index]).toBeGreaterThanOrEqual(max * 0.75)
  }
})

test('after a refusal for quota WeChat is not asked for a while', async () => {
  start({ delay: 'quota' })
  due = [check('nickname')]
  await vi.advanceTimersByTimeAsync(2000)
  expect(did).toEqual([['postpone', 60_000]])
  due = [check('nickname')]
  await vi.advanceTimersByTimeAsync(50_000)
  expect(due).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(12_000)
  expect(due).toHaveLength(0)
})

test('a result that the message push brought too early is looked for once the check is stored', async () => {
  start({ suggestion: 'pass' })
  due = [check('avatar'), check('nickname'), { ...check('nickname'), state: 'accepted' }]
  await vi.advanceTimersByTimeAsync(2000)
  expect(did).toContainEqual(['asked', 'trace', 100_000])
  expect(did.findIndex(([name]) => name === 'early')).toBeGreaterThan(did.findIndex(([name]) => name === 'asked'))
  expect(did).toContainEqual(['apply', 'pass'])
  expect(did).toContainEqual(['followUp'])
})

test('a new check is taken without waiting for the next look', async () => {
  start({ suggestion: 'risky' })
  await vi.advanceTimersByTimeAsync(10)
  due = [check('nickname')]
  checker?.wake()
  await vi.advanceTimersByTimeAsync(10)
  expect(did).toEqual([['apply', 'risky']])
})
