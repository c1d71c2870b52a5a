import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { AnyGame } from '../../games/rules.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { expectRecorded, expectTallies, recorded } from '../support/records.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { randomOf } from '../support/random.ts'
import { anyMove, longest, testGame } from '../support/rules-player.ts'

const ROUND_MS = 3000
let game: AnyGame
let cluster: Cluster

beforeAll(async () => {
  game = await testGame()
  cluster = await testCluster({ nodes: 3, nginx: true, env: { ROUND_MS: String(ROUND_MS), SWEEP_MS: '300' } })
})
afterAll(() => cluster?.close())

const nodeOf = (index: number) => {
  const node = cluster.nodes[index]
  if (!node) throw new Error(`no node ${index}`)
  return node
}

/** Deaths that hit a running match: other deaths would prove nothing. */
let diedInPlay = 0

/**
 * The effects of a death do not depend on where keys lie or which game is played, and the other runs are about those two, so they use fewer
 * seeds.
 */
const SEEDS = inject('redis') === 'cluster' || inject('game') !== 'rps' ? 5 : 20

test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  'seed %i: a match survives the death of the node that hosts a player, and no acknowledged move is lost',
  async (seed) => {
    const random = randomOf(seed)
    const [home, away] = [Math.floor(random() * 3), Math.floor(random() * 3)]
    const one = await TestPlayer.join(`kill-${seed}-one`, nodeOf(home).url)
    const two = await TestPlayer.join(`kill-${seed}-two`, nodeOf(away).url)
    // The player reconnects elsewhere: nginx passes over the dead node.
    for (const player of [one, two]) player.reconnectTo = () => cluster.info.url
    const id = await pair(one, two, longest(game), 'ranked')
    const games = [one, two].map((player) => {
      const move = anyMove(game, player, random)
      return player.play(id, async (view) => {
        await sleep(random() * 40)
        return move(view)
      })
    })
    await sleep(random() * 150)
    const target = nodeOf(home)
    if (one.current?.status === 'playing') diedInPlay += 1
    await target.kill()
    const [end, alsoEnd] = await Promise.all(games)
    // The views of some games differ by seat.
    expect({ ...end, serverTime: 0, game: 0 }).toEqual({ ...alsoEnd, serverTime: 0, game: 0 })
    expect(['score', 'max_rounds']).toContain(end?.result?.reason)
    const records = await recorded(cluster.info.mysql.url, [id])
    expectRecorded(records, id, [one, two])
    one.close()
    two.close()
    await target.start()
  },
)

test('after all these deaths every tally and rating equals a recount', async () => {
  expect(diedInPlay).toBeGreaterThanOrEqual(SEEDS * 0.75)
  await expectTallies(cluster.info.mysql.url)
})

test('a node that is stopped over a deadline does no harm: another node closes the round, once', async () => {
  const one = await TestPlayer.join('stall-one', nodeOf(0).url)
  const two = await TestPlayer.join('stall-two', nodeOf(1).url)
  const watch = await TestPlayer.join('stall-watch', nodeOf(2).url)
  const id = await pair(one, two, longest(game))
  const random = randomOf(3)
  const [byOne, byTwo] = [one, two].map((player) => anyMove(game, player, random)) as [
    ReturnType<typeof anyMove>,
    ReturnType<typeof anyMove>,
  ]
  const view = (player: TestPlayer) => player.current ?? expect.unreachable()
  const moveIfAwaited = async (player: TestPlayer, move: unknown): Promise<boolean> => {
    if (move !== null) await player.move(view(player), move)
    return move !== null
  }
  // Plays until node 0 has decided a round: the timer of the next round is then its own.
  for (let decidedByOne = false; !decidedByOne;) {
    // Both views are of this round: a move may open the next round at once, and that round must not be played yet.
    const [seenByOne, seenByTwo] = [view(one), view(two)]
    const { round } = seenByTwo
    await moveIfAwaited(two, byTwo(seenByTwo))
    decidedByOne = await moveIfAwaited(one, byOne(seenByOne))
    await Promise.all([one, two].map((player) => player.until(() => view(player).round > round, 'the next round')))
  }
  const open = view(two)
  nodeOf(0).pause()
  const next = await two.until(
    () => view(two).round === open.round + 1 && view(two),
    'the round after it, opened by another node',
    ROUND_MS * 2,
  )
  expect(next.lastRound).toMatchObject({ round: open.round, reason: 'timeout' })
  const late = next.serverTime - (open.deadlineAt ?? 0)
  expect(late).toBeGreaterThanOrEqual(0)
  expect(late).toBeLessThan(1500)
  nodeOf(0).resume()
  one.reconnectTo = () => cluster.info.url
  const [end] = await Promise.all([one.play(id, byOne), two.play(id, byTwo)])
  expect(end.status).toBe('finished')
  const records = await recorded(cluster.info.mysql.url, [id])
  expectRecorded(records, id, [one, two])
  expect(records.rounds.get(id)?.filter(({ round }) => round === open.round)).toHaveLength(1)
  const metrics = await Promise.all(cluster.info.nodes.map(async ({ url }) => (await http<string>(`${url}/metrics`)).body))
  const closedBy = metrics.filter((text) => Number(/caiquan_rounds_total\{reason="timeout"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0) > 0)
  expect(closedBy).toHaveLength(1)
  expect(metrics.every((text) => !/caiquan_repeated_events_total\{[^}]*\} [1-9]/.test(text))).toBe(true)
  for (const player of [one, two, watch]) player.close()
})
