import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { Cluster } from '../../ops/cluster.ts'
import { expectRecorded, expectTallies, recorded } from '../support/books.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { randomMove, randomOf } from '../support/random.ts'

const ROUND_MS = 3000
let cluster: Cluster

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, nginx: true, env: { ROUND_MS: String(ROUND_MS), SWEEP_MS: '300' } })
})
afterAll(() => cluster?.close())

const nodeOf = (index: number) => {
  const node = cluster.nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}

/** Deaths that hit a running match: the others would prove nothing. */
let diedInPlay = 0

/** What a death leaves behind is the same on both; where keys lie is what the second run is about. */
const SEEDS = inject('redis') === 'cluster' ? 5 : 20

test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))('seed %i: a match survives the death of the node that hosts a player, and no acknowledged move is lost', async (seed) => {
  const random = randomOf(seed)
  const [home, away] = [Math.floor(random() * 3), Math.floor(random() * 3)]
  const one = await TestPlayer.join(`kill-${seed}-one`, nodeOf(home).url)
  const two = await TestPlayer.join(`kill-${seed}-two`, nodeOf(away).url)
  // Elsewhere: nginx passes over the dead node.
  for (const player of [one, two]) player.reconnectTo = () => cluster.info.url
  const id = await pair(one, two, 5, 'ranked')
  const think = async () => {
    await sleep(random() * 40)
    return randomMove(random)
  }
  const games = [one.play(id, think), two.play(id, think)]
  await sleep(random() * 150)
  const victim = nodeOf(home)
  if (one.current?.status === 'playing') diedInPlay += 1
  await victim.kill()
  const [end, alsoEnd] = await Promise.all(games)
  expect({ ...end, serverTime: 0 }).toEqual({ ...alsoEnd, serverTime: 0 })
  expect(['score', 'max_rounds']).toContain(end?.result?.reason)
  const books = await recorded(cluster.info.mysql.url, [id])
  expectRecorded(books, id, [one, two])
  one.close()
  two.close()
  await victim.start()
})

test('after all these deaths every tally and rating equals a recount', async () => {
  expect(diedInPlay).toBeGreaterThanOrEqual(SEEDS * 0.75)
  await expectTallies(cluster.info.mysql.url)
})

test('a node that is stopped over a deadline does no harm: another one closes the round, once', async () => {
  const one = await TestPlayer.join('stall-one', nodeOf(0).url)
  const two = await TestPlayer.join('stall-two', nodeOf(1).url)
  const watch = await TestPlayer.join('stall-watch', nodeOf(2).url)
  const id = await pair(one, two, 5)
  // Both rounds so far were opened by node 0: the timer of round 2 is its own.
  await two.move(await two.until(() => two.current, 'a view'), 'rock')
  await one.move(await one.until(() => one.current, 'a view'), 'paper')
  const second = await two.until(() => two.current?.round === 2 && two.current, 'round 2')
  nodeOf(0).pause()
  await two.move(second, 'rock')
  const third = await two.until(() => two.current?.round === 3 && two.current, 'round 3, opened by another node', ROUND_MS * 2)
  expect(third.lastRound).toMatchObject({ round: 2, reason: 'timeout' })
  const late = third.serverTime - (second.deadlineAt ?? 0)
  expect(late).toBeGreaterThanOrEqual(0)
  expect(late).toBeLessThan(1500)
  nodeOf(0).resume()
  one.reconnectTo = () => cluster.info.url
  const play = (player: TestPlayer, move: 'rock' | 'paper') => player.play(id, ({ round }) => (round < 3 ? null : move))
  const [end] = await Promise.all([play(one, 'paper'), play(two, 'rock')])
  expect(end.status).toBe('finished')
  const books = await recorded(cluster.info.mysql.url, [id])
  expectRecorded(books, id, [one, two])
  expect(books.rounds.get(id)?.filter(({ round }) => round === 2)).toHaveLength(1)
  const metrics = await Promise.all(cluster.info.nodes.map(async ({ url }) => (await http<string>(`${url}/metrics`)).body))
  const closedBy = metrics.filter((text) => Number(/caiquan_rounds_total\{reason="timeout"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0) > 0)
  expect(closedBy).toHaveLength(1)
  expect(metrics.every((text) => !/caiquan_repeated_facts_total\{[^}]*\} [1-9]/.test(text))).toBe(true)
  for (const player of [one, two, watch]) player.close()
})
