/**
 * `npm run bench:matchmaking`: how long players wait for an opponent at a given rate of arrivals, and what one
 * arrival costs Redis as the queue grows. Real Redis with AOF; the game part of three nodes in this process.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectRedis } from '../server/src/redis/connect.ts'
import { parseCommandLine, readNumber, readOrExit } from '../tools/command-line.ts'
import { quantile } from '../tools/play/figures.ts'
import { takePort, releasePort } from '../tools/services/ports.ts'
import { startRedis } from '../tools/services/redis.ts'
import { botTicket } from '../server/src/matchmaking/matchmaker.ts'
import { createQueue, type Pair } from '../server/src/matchmaking/queue.ts'
import { newMatchId } from '../server/src/ids.ts'
import { createMetrics } from '../server/src/metrics.ts'

const HELP = `Usage: npm run bench:matchmaking -- [--rate N] [--seconds N] [--nodes N]

  --rate N      arrivals a second (1000)
  --seconds N   how long they keep coming (15)
  --nodes N     nodes they arrive at (3)
`

const { rate, seconds, nodeCount } = readOrExit(HELP, () => {
  const { values } = parseCommandLine('npm run bench:matchmaking', {
    options: {
      rate: { type: 'string', default: '1000' },
      seconds: { type: 'string', default: '15' },
      nodes: { type: 'string', default: '3' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) return null
  return {
    rate: readNumber('--rate', values.rate, 1, 1_000_000),
    seconds: readNumber('--seconds', values.seconds, 1, 86_400),
    nodeCount: readNumber('--nodes', values.nodes, 1, 1000),
  }
})

const SWEEP_MS = 1000
const HEARTBEAT_MS = 5000
const metrics = createMetrics('bench')
const dir = mkdtempSync(join(tmpdir(), 'caiquan-bench-'))
const port = await takePort()
const service = await startRedis({ dir, port })
const connect = () =>
  connectRedis({ REDIS_URL: service.url, REDIS_CLUSTER: false, REDIS_CA: undefined, REDIS_TIMEOUT_MS: 5000 }, 'bench', 'patient')
const redis = connect()

const options = (base: number) => ({
  ticketTtlMs: 15_000,
  sweepMs: SWEEP_MS,
  windows: { ranked: { base, perSecond: 50, avoidLast: false }, casual: { base: 400, perSecond: 200, avoidLast: true } },
  bot: { mode: 'casual' as const, afterMs: 12_000, ticket: botTicket },
})
const record = (id: string, rating: number) => ({ id, nickname: '', avatarUrl: '', rating, wins: 0, losses: 0, draws: 0 })
/** A realistic distribution of ratings: normal, 300 points wide (Box–Muller). */
const spread = (): number => Math.round(1500 + 300 * Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()))
const print = (line: string): void => void process.stdout.write(`${line}\n`)

async function waits(): Promise<void> {
  const nodes = Array.from({ length: nodeCount }, () => createQueue(connect(), metrics, options(100)))
  const arrived = new Map<string, number>()
  const times: number[] = []
  const meet = (pair: Pair): void => {
    for (const { player } of pair.tickets) {
      const at = arrived.get(player.id)
      if (at !== undefined) times.push(performance.now() - at)
      arrived.delete(player.id)
    }
    void queueOf(0).complete(pair, { free: [], gone: [] })
  }
  const queueOf = (index: number) => nodes[index % nodes.length] ?? createQueue(redis, metrics, options(100))
  let stop = false
  const sweepers = nodes.map(async (queue) => {
    while (!stop) {
      await sleep(SWEEP_MS * (0.75 + Math.random() / 2))
      for (const pair of await queue.sweep(
        'ranked',
        Array.from({ length: 100 }, () => newMatchId(16)),
      ))
        meet(pair)
    }
  })
  let count = 0
  let pending = 0
  const find = async (id: string, rating: number): Promise<void> => {
    pending += 1
    const found = await queueOf(count).find(
      'ranked',
      { player: record(id, rating), connection: 's', bestOf: 3, options: {}, acceptedAt: 0, last: null },
      newMatchId(16),
    )
    pending -= 1
    if (found.state === 'pair') meet(found.pair)
    else if (found.state === 'queued') setTimeout(() => void (arrived.has(id) && !stop && find(id, rating)), HEARTBEAT_MS)
  }
  const begun = performance.now()
  while (performance.now() - begun < seconds * 1000) {
    const due = Math.floor(((performance.now() - begun) / 1000) * rate)
    while (count < due) {
      count += 1
      const id = `p${count}`
      arrived.set(id, performance.now())
      void find(id, spread())
    }
    await sleep(1)
  }
  await sleep(3000)
  stop = true
  await Promise.all(sweepers)
  while (pending > 0) await sleep(5)
  times.sort((a, b) => a - b)
  print(`${count} arrivals in ${seconds} s at ${nodeCount} nodes: ${times.length} paired, ${arrived.size} still waiting at the end`)
  print(
    `time to an opponent: p50 ${quantile(times, 0.5).toFixed(1)} ms, p90 ${quantile(times, 0.9).toFixed(1)} ms, p99 ` +
      `${quantile(times, 0.99).toFixed(1)} ms, longest ${(times.at(-1) ?? 0).toFixed(0)} ms`,
  )
}

/** Redis' own time in scripts, µs, and the number of calls. */
async function scriptTime(): Promise<{ calls: number; usec: number }> {
  const stats = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(await redis.info('commandstats'))
  return { calls: Number(stats?.[1] ?? 0), usec: Number(stats?.[2] ?? 0) }
}

async function costs(): Promise<void> {
  print('cost of one arrival that finds no opponent, by length of the queue (time inside Redis):')
  // No ratings are near enough: every arrival searches, and joins the queue.
  const queue = createQueue(redis, metrics, options(0.1))
  await redis.flushall()
  let size = 0
  for (const target of [100, 1000, 10_000, 100_000]) {
    while (size < target) {
      const batch = Array.from({ length: Math.min(500, target - size) }, () => (size += 1))
      await Promise.all(
        batch.map((n) =>
          queue.find(
            'ranked',
            { player: record(`q${n}`, n * 10), connection: 's', bestOf: 3, options: {}, acceptedAt: 0, last: null },
            'unused',
          ),
        ),
      )
    }
    const before = await scriptTime()
    for (let probe = 0; probe < 2000; probe += 1) {
      const n = Math.floor(Math.random() * size) + 1
      await queue.find(
        'ranked',
        { player: record(`q${n}`, n * 10), connection: 's', bestOf: 3, options: {}, acceptedAt: 0, last: null },
        'unused',
      )
    }
    const after = await scriptTime()
    print(`  ${String(size).padStart(6)} waiting: ${((after.usec - before.usec) / (after.calls - before.calls)).toFixed(1)} µs`)
  }
}

try {
  await waits()
  await costs()
} finally {
  await redis.quit()
  await service.stop()
  releasePort(port)
  rmSync(dir, { recursive: true, force: true })
}
process.exit(0)
