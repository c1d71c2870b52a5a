import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { game } from '../../games/rps/index.ts'
import { outboxKey, shardOf } from '../../server/src/keys.ts'
import type { Match } from '../../server/src/match/match.ts'
import { SCRIPTS, type MatchStore } from '../../server/src/match/store.ts'
import { createTransitions, type Command } from '../../server/src/match/transitions.ts'
import { eventOf } from '../../server/src/recorder/events.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { contradiction, type Operation } from '../support/linear.ts'
import { matchNode, type MatchNode } from '../support/match-node.ts'
import { present, specOf } from '../support/match-model.ts'
import { randomMove, randomOf } from '../support/random.ts'
import { testRedis } from '../support/redis.ts'

// Guarantee 9: nodes with caches on one Redis, random commands and reads, delays and stalls between read and commit, messages between nodes
// that are lost or late, commits that fail or whose reply is lost, clients that repeat commands.

/** The long run uses LINEAR_RUNS=2000. */
const RUNS = Number(process.env['LINEAR_RUNS'] ?? (inject('redis') === 'cluster' ? 40 : 120))
const CLIENTS = 5
const OPERATIONS = 9
const ROUND_MS = 25

let service: Awaited<ReturnType<typeof testRedis>>
let clients: RedisClient[]
const transitions = createTransitions(game)

beforeAll(async () => {
  service = await testRedis()
  clients = [0, 1, 2].map(() => service.open())
})
afterAll(async () => {
  await Promise.all(clients?.map((client) => client.quit()) ?? [])
  await service?.close()
})

interface Mutant {
  scripts?: typeof SCRIPTS
  wrap?(store: MatchStore): MatchStore
  /** Reads are served from the cache. */
  cachedReads?: boolean
}

/** Plays one match from a seed. Returns the contradiction to the guarantee, or null if there is none. */
async function play(seed: number, mutant: Mutant = {}): Promise<string | null> {
  const random = randomOf(seed)
  const id = `${seed % 16}-linear${seed}x${Math.random().toString(36).slice(2, 8)}`
  const nodes: MatchNode[] = clients.map((client, index) => {
    const own = randomOf(seed * 31 + index)
    return matchNode(client, `n${index}`, {
      ...(mutant.scripts ? { scripts: mutant.scripts } : {}),
      random: own,
      onCommitted({ before, stored }) {
        const from = before ? (tokens.get(`${before.version}/${index}`) ?? '') : ''
        tokens.set(`${stored.match.version}/${index}`, stored.token)
        for (const other of nodes) {
          if (other === nodes[index] || own() < 0.3) continue
          setTimeout(() => other.cache.applyRemote(from, stored), own() * 4)
        }
      },
      wrap: (store) => unreliable(mutant.wrap ? mutant.wrap(store) : store, own),
    })
  })
  const tokens = new Map<string, string>()
  const history: Operation[] = []
  const [first] = nodes
  const created = await first?.commits
    .create(specOf(id, ['a', 'b'], { bestOf: 3, limits: { roundMs: ROUND_MS, maxMissed: 3 } }))
    .catch(() => null)
  const initial = created?.stored ?? (await first?.store.read(id))
  if (!initial) return null
  const deadlines = new Map<number, number>()
  const faults: string[] = []

  async function operate(player: string, own: () => number): Promise<void> {
    const node = present(nodes[Math.floor(own() * nodes.length)])
    const round = Math.max(1, (history.findLast(({ state }) => state)?.state?.round ?? 1) - (own() < 0.15 ? 1 : 0))
    const roll = own()
    const command: Command | null =
      roll < 0.25
        ? null
        : roll < 0.8
          ? { type: 'move', player, round, move: randomMove(own) }
          : roll < 0.92
            ? { type: 'timer', timer: 'round', round }
            : { type: 'presence', player, connection: `n0:${player}${Math.floor(own() * 3)}`, connected: own() < 0.7 }
    const repeats = command && own() < 0.3 ? 2 : 1
    for (let times = 0; times < repeats; times += 1) await ask(node, command)
  }

  async function ask(node: MatchNode, command: Command | null): Promise<void> {
    const operation: Operation = { command, start: performance.now(), end: 0, result: { code: 'unknown' }, state: null }
    history.push(operation)
    try {
      if (command) {
        const outcome = await node.commits.apply(id, command)
        const { code, stored } = outcome
        const late =
          code === 'refused' &&
          outcome.error === 'stale_round' &&
          stored !== null &&
          isOver(stored.timers.round, stored.now) &&
          stored.match.round === (command as { round?: number }).round
        operation.result = code === 'refused' ? { code, error: outcome.error, late } : { code }
        if (stored && code !== 'refused') note(stored.match, stored.timers.round)
        if (code === 'changed' && command.type === 'move' && stored)
          checkTime(command.round, (deadline) => stored.at < deadline, 'a move counted after its deadline')
        if (code === 'changed' && command.type === 'timer' && stored)
          checkTime(command.round, (deadline) => stored.at >= deadline, 'a round was closed before its deadline')
        operation.state = code === 'refused' ? null : (stored?.match ?? null)
      } else {
        const stored = (mutant.cachedReads ? node.cache.get(id) : null) ?? (await node.commits.read(id))
        operation.result = { code: 'same' }
        operation.state = stored?.match ?? null
        if (stored) note(stored.match, stored.timers.round)
      }
    } catch {
      operation.result = { code: 'unknown' }
    }
    operation.end = performance.now()
  }

  const checks: (() => void)[] = []
  function checkTime(round: number, holds: (deadline: number) => boolean, what: string): void {
    checks.push(() => {
      const deadline = deadlines.get(round)
      if (deadline !== undefined && !holds(deadline)) faults.push(`${what} (round ${round})`)
    })
  }
  function note(match: Match, timer: { start: number; ms: number } | undefined): void {
    if (match.status === 'playing' && timer) deadlines.set(match.round, timer.start + timer.ms)
  }
  note(initial.match, initial.timers.round)

  await Promise.all(
    Array.from({ length: CLIENTS }, async (_, index) => {
      const own = randomOf(seed * 101 + index)
      for (let count = 0; count < OPERATIONS; count += 1) {
        await operate(index % 2 ? 'a' : 'b', own)
        if (own() < 0.4) await sleep(own() * 8)
      }
    }),
  )
  await sleep(random() * 5)
  const last: Operation = { command: null, start: performance.now(), end: 0, result: { code: 'same' }, state: null }
  const final = present(
    await present(first)
      .store.read(id)
      .catch(() => first?.store.read(id)),
  )
  last.state = final.match
  last.end = performance.now()
  history.push(last)
  for (const check of checks) check()

  const events = (await present(clients[0]).xrange(outboxKey(shardOf(id)), '-', '+')).map(eventOf).filter(({ match }) => match === id)
  const rounds = events.flatMap((event) => (event.type === 'round' ? [event.round] : []))
  if (JSON.stringify(rounds.map(({ round }) => round)) !== JSON.stringify(rounds.map((_, index) => index + 1)))
    faults.push(`rounds ${rounds.map(({ round }) => round).join(' ')} are in the outbox`)
  if (JSON.stringify(rounds.at(-1) ?? null) !== JSON.stringify(final.match.lastRound)) faults.push('the last event is not the last round')
  const order = contradiction(history, initial.match, transitions)
  if (order) faults.push(order)
  return faults[0] ?? null
}

const isOver = (timer: { start: number; ms: number } | undefined, now: number): boolean => !timer || timer.start + timer.ms <= now

/** Delays, stalls, and failures before and after the operation. */
function unreliable(store: MatchStore, random: () => number): MatchStore {
  const wait = async (): Promise<void> => {
    const roll = random()
    if (roll < 0.05) await sleep(20 + random() * 20)
    else if (roll < 0.5) await sleep(random() * 3)
  }
  return {
    ...store,
    async read(match) {
      await wait()
      const stored = await store.read(match)
      await wait()
      return stored
    },
    async commit(entry) {
      await wait()
      if (random() < 0.04) throw new Error('Connection is closed.')
      const reply = await store.commit(entry)
      if (random() < 0.04) throw new Error('Command timed out')
      await wait()
      return reply
    },
  }
}

async function firstContradiction(mutant: Mutant, runs: number): Promise<string | null> {
  for (let from = 1; from <= runs; from += 8) {
    const found = await Promise.all(
      Array.from({ length: 8 }, (_, index) => play(from + index, mutant).then((fault) => fault && `seed ${from + index}: ${fault}`)),
    )
    const fault = found.find((each) => each !== null)
    if (fault) return fault
  }
  return null
}

test('every history of concurrent commands and reads fits one order that respects real time', async () => {
  expect(await firstContradiction({}, RUNS)).toBeNull()
}, 600_000)

const commitWith = (text: string, by: string): typeof SCRIPTS => {
  expect(SCRIPTS.commit).toContain(text)
  return { ...SCRIPTS, commit: SCRIPTS.commit.replace(text, by) }
}
const CHECK = "if (stored.token or '') ~= entry.expect then return conflict(write.match, stored) end"

test.each<[string, () => Mutant]>([
  ['no token check', () => ({ scripts: commitWith(CHECK, '') })],
  [
    'token check after the write',
    () => ({ scripts: commitWith(CHECK, `redis.call('HSET', write.match, 'state', write.state, 'version', entry.version) ${CHECK}`) }),
  ],
  [
    'event appended on a conflict',
    () => ({
      scripts: commitWith(
        CHECK,
        `if (stored.token or '') ~= entry.expect then
          for _, event in ipairs(entry.events) do redis.call('XADD', write.outbox, '*', 'at', at, 'event', event) end
          return conflict(write.match, stored)
        end`,
      ),
    }),
  ],
  ['no deadline guard for moves', () => ({ scripts: commitWith('if entry.before and not', 'if false and not') })],
  ['no deadline guard for time-outs', () => ({ scripts: commitWith('if entry.notBefore and not', 'if false and not') })],
  ['reads from the cache', () => ({ cachedReads: true })],
  [
    'a retry that applies to the old state',
    () => ({
      wrap: (store) => ({
        ...store,
        async commit(entry) {
          const reply = await store.commit(entry)
          return reply.code === 'conflict' && reply.stored && entry.from
            ? { code: 'conflict', stored: { ...reply.stored, match: entry.from.match } }
            : reply
        },
      }),
    }),
  ],
])(
  'the test notices %s',
  async (_, mutant) => {
    expect(await firstContradiction(mutant(), 1600)).not.toBeNull()
  },
  300_000,
)
