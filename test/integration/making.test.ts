import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BEST_OF, type PublicPlayer } from '../../client-sdk/src/protocol.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'
import type { Service } from '../../tools/services/process.ts'
import { startRedis } from '../../tools/services/redis.ts'
import { CatalogueError } from '../../server/src/errors.ts'
import { BOT } from '../../server/src/match/bot.ts'
import { seatOf, type Match } from '../../server/src/match/match.ts'
import { pairedKey, pairsKey, playerConnectionKey, playerKey, ticketsKey } from '../../server/src/keys.ts'
import { botTicket } from '../../server/src/matchmaking/matchmaker.ts'
import type { Ticket } from '../../server/src/matchmaking/queue.ts'
import { createGameNode, traceLines, type Fault, type GameNode, type TracedCommand } from '../support/game-node.ts'
import { pick, randomMove, randomOf } from '../support/random.ts'
import type { RedisClient } from '../../server/src/redis/connect.ts'
import { connectTo } from '../support/redis.ts'

/** Seeds with one call per shard, as on a Cluster; half as many run with one call for all shards. The long run uses MAKING_RUNS=1000. */
const RUNS = Number(process.env['MAKING_RUNS'] ?? 150)
const PLAYERS = 20
const ACTIONS = 8
const SETTINGS = { shards: 4, sweepMs: 15, roundMs: 250 }
/** Every person keeps one connection: the tests of connections cover changes of it. */
const SOCKET = { id: 'socket', acceptedAt: 1 }
const HERE = { connection: SOCKET.id, background: false }

/** How long to wait for a reply of a node that may have died or stalled before another node is asked. */
const REPLY_TIMEOUT_MS = 40

let dir: string
let port: number
let service: Service
let clients: RedisClient[]

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-making-'))
  port = await takePort()
  service = await startRedis({ dir, port, settings: { appendonly: 'no' } })
  clients = Array.from({ length: 4 }, () => connectTo(service.url))
})
afterAll(async () => {
  await Promise.all(clients?.map((client) => client.quit()) ?? [])
  await service?.stop()
  releasePort(port)
  rmSync(dir, { recursive: true, force: true })
})

interface Person {
  id: string
  /** The last reply that the person got left them in a queue. */
  queued: boolean
}

/** Asks one node after the other until one replies; a refusal is a reply. */
async function ask<T>(nodes: GameNode[], random: () => number, request: (node: GameNode) => Promise<T>): Promise<T | CatalogueError> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const alive = nodes.filter((node) => !node.isDead())
    const node = alive[Math.floor(random() * alive.length)]
    if (!node) throw new Error('no node is left')
    const reply = await Promise.race([
      request(node).catch((fault: unknown) => {
        if (fault instanceof CatalogueError) return fault
        throw fault
      }),
      node.gone.then(() => sleep(REPLY_TIMEOUT_MS)).then(() => null),
    ])
    if (reply !== null) return reply
  }
  throw new Error('no node replies')
}

async function act(person: Person, nodes: GameNode[], codes: string[], random: () => number, note: (text: string) => void): Promise<void> {
  const here = await ask(nodes, random, async (node) => ({ now: await node.reservations.current(person.id) }))
  const current = here instanceof CatalogueError ? null : here.now
  // The match that the person waited for has come.
  if (current) person.queued = false
  const bestOf = pick(random, BEST_OF.slice(0, 2) as [1, 3])
  if (current?.match.status === 'playing' && random() < 0.85) {
    await ask(nodes, random, (node) => node.matches.move(current.match.id, person.id, current.match.round, randomMove(random)))
    return
  }
  if (current?.match.status === 'finished' && random() < 0.4) {
    await ask(nodes, random, async (node) => ({ next: await node.matchmaker.rematch(person.id, current.match.id) }))
    return
  }
  const roll = random()
  note(`is in ${current?.match.id ?? 'no match'}, queued: ${person.queued}, rolls ${roll.toFixed(3)}`)
  // Every other request takes the person out of the queue first, as the commands do.
  const leaveQueue = async (): Promise<void> => {
    person.queued = false
    await ask(nodes, random, async (node) => ({ done: await node.matchmaker.cancel(person.id) }))
  }
  if (roll < 0.5) {
    const mode = random() < 0.5 ? 'ranked' : 'casual'
    const reply = await ask(nodes, random, (node) => node.matchmaker.find(person.id, SOCKET, mode, { bestOf, options: {} }))
    note(`asked for ${mode}: ${reply instanceof CatalogueError ? reply.code : reply.state}`)
    if (!(reply instanceof CatalogueError)) person.queued = reply.state === 'queued'
  } else if (roll < 0.62) {
    await leaveQueue()
    const reply = await ask(nodes, random, (node) => node.rooms.create(person.id, HERE, { bestOf, options: {} }))
    if (!(reply instanceof CatalogueError) && reply.match.setup.code) codes.push(reply.match.setup.code)
  } else if (roll < 0.8 && codes.length) {
    await leaveQueue()
    await ask(nodes, random, (node) => node.rooms.join(person.id, HERE, codes[Math.floor(random() * codes.length)] ?? ''))
  } else if (roll < 0.86) {
    await leaveQueue()
    await ask(nodes, random, (node) => node.matchmaker.practice(person.id, SOCKET, { bestOf, options: {} }))
  } else if (roll < 0.93) {
    await leaveQueue()
  } else if (current) {
    await ask(nodes, random, async (node) => {
      await node.matches.leave(current.match.id, person.id)
      await node.reservations.release(person.id, current.match.id)
      return true
    })
  }
}

async function allMatches(redis: RedisClient, node: GameNode): Promise<Match[]> {
  const keys = await redis.keys('cq:{*}:match:*')
  const stored = await Promise.all(keys.map((key) => node.store.read(key.slice(key.lastIndexOf(':') + 1))))
  return stored.flatMap((each) => each?.match ?? [])
}

/** Returns every violation of the conditions that must hold once nothing is in flight any more; empty if all hold. */
async function faults(redis: RedisClient, people: Person[], node: GameNode, stalls: boolean): Promise<string[]> {
  const found: string[] = []
  const live = (await allMatches(redis, node)).filter(({ status }) => status !== 'finished')
  for (const mode of ['ranked', 'casual'] as const) {
    if ((await redis.hlen(pairsKey(mode))) > 0) found.push(`a pair of ${mode} is still being made`)
    if ((await redis.hlen(pairedKey(mode))) > 0) found.push(`a player is still paired in ${mode}`)
  }
  for (const person of people) {
    const seats = live.filter((state) => seatOf(state, person.id) !== null)
    if (seats.length > 1)
      found.push(
        `${person.id} is in ${seats.length} matches: ${seats.map(({ id, setup, status }) => `${id} ${setup.mode} ${status}`).join(', ')}`,
      )
    const here = await node.reservations.current(person.id)
    const synced = here && here.match.status !== 'finished' ? here.match.id : null
    if ((seats[0]?.id ?? null) !== synced)
      found.push(`${person.id} has a seat in ${seats[0]?.id} (${seats[0]?.setup.mode} ${seats[0]?.status}) but sync says ${synced}`)
    const tickets = await Promise.all((['ranked', 'casual'] as const).map((mode) => redis.hexists(ticketsKey(mode), person.id)))
    const held = tickets.reduce((sum, each) => sum + each, 0)
    // A request that was stalled may leave a ticket in the other queue: that is harmless, and the ticket ends with its heartbeat.
    if (held > 1 && !stalls) found.push(`${person.id} has two tickets`)
    // A request that was stalled may arrive after a later one of the same person, as over a bad network.
    if (person.queued && held === 0 && !here && !stalls) found.push(`${person.id} was told that they are queued, and is nowhere`)
  }
  for (const state of live) {
    if (state.status === 'waiting' && state.setup.mode !== 'room') found.push(`${state.id} (${state.setup.mode}) waits for nobody`)
    if (
      state.status === 'playing' &&
      state.setup.seats.some(({ player }) => player.id !== BOT.id && !people.some(({ id }) => id === player.id))
    )
      found.push(`${state.id} has a stranger`)
  }
  return found
}

async function run(seed: number, slots: 'one' | 'many'): Promise<void> {
  const random = randomOf(seed)
  const [admin, ...connections] = clients
  if (!admin) throw new Error('no Redis')
  await admin.flushall()
  const faultOf = (index: number): Fault | null =>
    // One node always lives, and completes the work that the others left.
    index === 0
      ? null
      : { atCommand: 30 + Math.floor(random() * 900), kind: random() < 0.6 ? 'die' : 'stall', stallMs: 50 + random() * 250 }
  const plan = connections.map((_, index) => faultOf(index))
  const stalls = plan.some((fault) => fault?.kind === 'stall')
  const trace: (TracedCommand | string)[] = []
  const nodes = connections.map((client, index) =>
    createGameNode(client, plan[index] ?? null, { ...SETTINGS, slots }, `node${index}`, trace),
  )
  try {
    const people: Person[] = Array.from({ length: PLAYERS }, (_, index) => ({ id: `p${index}`, queued: false }))
    const records: PublicPlayer[] = people.map(({ id }) => ({
      id,
      nickname: id,
      avatarUrl: '',
      rating: 1400 + Math.floor(random() * 200),
      wins: 0,
      losses: 0,
      draws: 0,
    }))
    await Promise.all(
      records.map((record) => admin.mset(playerKey(record.id), JSON.stringify(record), playerConnectionKey(record.id), `${SOCKET.id}#1`)),
    )
    const codes: string[] = []
    await Promise.all(
      people.map(async (person, index) => {
        const own = randomOf(seed * 1000 + index)
        for (let action = 0; action < ACTIONS; action += 1) {
          await act(person, nodes, codes, own, (text) => trace.push(`${Math.round(performance.now())} ${person.id} ${text}`))
          if (own() < 0.3) await sleep(own() * 15)
        }
      }),
    )
    const [survivor] = nodes
    if (!survivor) throw new Error('no node')
    let left: string[] = ['not looked yet']
    for (let tries = 0; tries < 600 && left.length > 0; tries += 1) {
      await sleep(25)
      left = await faults(admin, people, survivor, stalls)
    }
    const whom = left.map((each) => each.split(' ')[0] ?? '').find((word) => /^p\d+$/.test(word))
    expect(left, [`seed ${seed}`, ...(whom ? traceLines(trace, whom) : [])].join('\n')).toEqual([])
  } finally {
    for (const node of nodes) node.close()
    // Commands that are in flight to Redis take effect before the next run clears all keys.
    await Promise.all(connections.map((connection) => connection.ping()))
  }
}

test('a node that comes late to a pair whose match has been played leaves its players where they are', async () => {
  const [admin, connection] = clients
  if (!admin || !connection) throw new Error('no Redis')
  await admin.flushall()
  const node = createGameNode(connection, null, SETTINGS)
  try {
    const [one, two] = ['p1', 'p2'].map((id): PublicPlayer => ({
      id,
      nickname: id,
      avatarUrl: '',
      rating: 1500,
      wins: 0,
      losses: 0,
      draws: 0,
    })) as [PublicPlayer, PublicPlayer]
    for (const player of [one, two])
      await admin.mset(playerKey(player.id), JSON.stringify(player), playerConnectionKey(player.id), `${SOCKET.id}#1`)
    await node.matchmaker.find(one.id, SOCKET, 'casual', { bestOf: 1, options: {} })
    const reply = await node.matchmaker.find(two.id, SOCKET, 'casual', { bestOf: 1, options: {} })
    if (reply.state !== 'matched') throw new Error('not matched')
    const { id } = reply.stored.match
    await node.matches.leave(id, two.id)
    await node.reservations.release(two.id, id)
    const { match: room } = await node.rooms.create(two.id, HERE, { bestOf: 1, options: {} })
    const ticketOf = (player: PublicPlayer) => ({
      player,
      connection: 'socket',
      acceptedAt: 1,
      bestOf: 1,
      options: {},
      terms: '1',
      last: null,
      since: 0,
    })
    await admin.hset(
      pairsKey('casual'),
      id,
      JSON.stringify({ match: id, queue: 'casual', mode: 'casual', bestOf: 1, at: 0, tickets: [ticketOf(one), ticketOf(two)] }),
    )
    await node.matchmaker.sweep()
    expect(await admin.hlen(pairsKey('casual'))).toBe(0)
    expect(await node.reservations.current(one.id)).toMatchObject({ match: { id, status: 'finished' } })
    expect(await node.reservations.current(two.id)).toMatchObject({ match: { id: room.id, status: 'waiting' } })
  } finally {
    node.close()
  }
})

test('a node that comes to a pair whose match another node gave up lets both players wait on', async () => {
  const [admin, connection] = clients
  if (!admin || !connection) throw new Error('no Redis')
  await admin.flushall()
  const node = createGameNode(connection, null, { ...SETTINGS, slots: 'many' })
  try {
    const [one, two] = ['p1', 'p2'].map((id): PublicPlayer => ({
      id,
      nickname: id,
      avatarUrl: '',
      rating: 1500,
      wins: 0,
      losses: 0,
      draws: 0,
    })) as [PublicPlayer, PublicPlayer]
    for (const player of [one, two])
      await admin.mset(playerKey(player.id), JSON.stringify(player), playerConnectionKey(player.id), `${SOCKET.id}#1`)
    const id = '1-00000000000000000000a'
    await node.matches.bury(id)
    const ticketOf = (player: PublicPlayer) => ({
      player,
      connection: 'socket',
      acceptedAt: 1,
      bestOf: 1,
      options: {},
      terms: '1',
      last: null,
      since: 0,
    })
    await admin.hset(
      pairsKey('ranked'),
      id,
      JSON.stringify({ match: id, queue: 'ranked', mode: 'ranked', bestOf: 1, at: 0, tickets: [ticketOf(one), ticketOf(two)] }),
    )
    for (const player of [one, two]) await admin.hset(pairedKey('ranked'), player.id, id)
    await node.matchmaker.sweep()
    // Both wait again, and the next sweep pairs them.
    const playing = async (): Promise<boolean[]> =>
      Promise.all([one, two].map(async (player) => ((await node.reservations.current(player.id))?.match.round ?? 0) > 0))
    await expect.poll(playing, { timeout: 5000 }).toEqual([true, true])
  } finally {
    node.close()
  }
})

test('a player who is told that they are queued while their practice match fails waits on the terms they asked for', async () => {
  const [admin, connection] = clients
  if (!admin || !connection) throw new Error('no Redis')
  await admin.flushall()
  const node = createGameNode(connection, null, { ...SETTINGS, slots: 'many' })
  try {
    const player: PublicPlayer = { id: 'p1', nickname: 'p1', avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0 }
    await admin.mset(playerKey(player.id), JSON.stringify(player), playerConnectionKey(player.id), `${SOCKET.id}#1`)
    // The node of the ticket has died, and another node has given the ticket up without a trace in the queue.
    const id = '1-00000000000000000000b'
    const ticket: Ticket = { player, connection: SOCKET.id, acceptedAt: 1, bestOf: 1, options: {}, last: null, since: 0 }
    await node.queue.note({ match: id, queue: 'casual', mode: 'practice', bestOf: 1, tickets: [ticket, botTicket] })
    await node.matches.bury(id)
    expect(await node.matchmaker.find(player.id, SOCKET, 'casual', { bestOf: 3, options: {} })).toEqual({ state: 'queued' })
    await expect.poll(async () => admin.hlen(pairsKey('casual')), { timeout: 5000 }).toBe(0)
    expect(await node.matchmaker.queued(player.id, SOCKET.id)).toMatchObject({
      mode: 'casual',
      bestOf: 3,
      since: expect.toSatisfy((since: number) => since > 0),
    })
    const partner = { ...player, id: 'p2', nickname: 'p2' }
    await admin.mset(playerKey(partner.id), JSON.stringify(partner), playerConnectionKey(partner.id), `${SOCKET.id}#1`)
    expect(await node.matchmaker.find(partner.id, SOCKET, 'casual', { bestOf: 3, options: {} })).toMatchObject({
      state: 'matched',
      stored: { match: { setup: { bestOf: 3 } } },
    })
  } finally {
    node.close()
  }
})

test.each([
  ['commits of one shard a call', 'many', RUNS],
  ['commits of all shards in one call', 'one', Math.ceil(RUNS / 2)],
] as const)(
  '%s: seeded lives of players on three nodes that die and stall between any two commands',
  async (_, slots, runs) => {
    const first = Number(process.env['MAKING_SEED'] ?? 1)
    for (let seed = first; seed < first + runs; seed += 1) await run(seed, slots)
  },
  1_800_000,
)
