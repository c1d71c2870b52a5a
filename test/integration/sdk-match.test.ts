import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { endDuel, finish, moveOf, playRound, startDuel, type DuelOptions, type Side } from '../../client-sdk/test/support/duel.ts'
import { assertDefined } from '../../client-sdk/test/support/assert-defined.ts'
import { expectRecorded } from '../../client-sdk/test/support/recorded.ts'
import { until } from '../../client-sdk/test/support/until.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import type { Service } from '../../tools/services/process.ts'
import { testCluster } from '../support/cluster.ts'

/**
 * The file that ships, in a realm without Node's and the browser's globals, on stand-in phones, against the real cluster through nginx with
 * TLS. Rounds are long here, because these tests are about connections, not about deadlines.
 */
let cluster: Cluster

beforeAll(async () => {
  cluster = await testCluster({ nodes: 3, nginx: true, env: { ROUND_MS: '60000', DRAIN_MS: '1500' } })
})
afterAll(() => cluster.close())

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
const status = (side: Side, wanted: string, ms = 10_000): Promise<void> => until(() => side.client.state.status === wanted, wanted, ms)

let duels = 0
const duel = (options: Partial<DuelOptions> = {}): Promise<[Side, Side]> => {
  duels++
  return startDuel({ url: cluster.info.url, names: [`duel-${duels}-a`, `duel-${duels}-b`], ...options })
}
/** The name of the node that has a player's newest socket; empty before its handshake. */
const nodeNameOf = ({ app }: Side): string => /cq_node=([^;]+)/.exec(assertDefined(app.host.tasks.at(-1)).cookies.join())?.[1] ?? ''
const nodeOf = (side: Side): Service => assertDefined(cluster.nodes.find(({ name }) => name === nodeNameOf(side)))
async function endWell(sides: [Side, Side]): Promise<void> {
  await finish(sides)
  await expectRecorded(cluster.info.mysql.url, sides)
  await endDuel(sides)
}

describe.concurrent('two phones play a match', () => {
  test('to its end, and every move is in MySQL once', async () => {
    const sides = await duel()
    const match = await finish(sides, [
      ['rock', 'rock'],
      ['rock', 'paper'],
      ['paper', 'rock'],
      ['scissors', 'paper'],
      ['scissors', 'paper'],
    ])
    expect(match.result).toEqual({ winner: sides[0].client.seat, reason: 'score' })
    expect(sides[0].moved.size).toBe(5)
    await expectRecorded(cluster.info.mysql.url, sides)
    await endDuel(sides)
  })

  test.each([
    ['3 s', 3000, {}],
    ['3 s, frozen, with everything late', 3000, { freezeAfterMs: 500, lateMs: 800 }],
    ['30 s, without a close event', 30_000, { closeEvents: 'never' as const }],
  ])(
    'one of them is in the background for %s, comes back, and they finish it',
    async (_, awayMs, phone) => {
      const sides = await duel({ phone })
      const [one, two] = sides
      await playRound(sides, ['rock', 'paper'])
      one.app.phone.hide()
      await status(one, 'suspended')
      await moveOf(two, 'rock')
      await pause(awayMs)
      const shown = Date.now()
      one.app.phone.show()
      await status(one, 'online')
      await until(() => one.client.match?.seats[assertDefined(two.client.seat)]?.moved === true, 'the move of the opponent')
      expect(Date.now() - shown).toBeLessThan(3000)
      await moveOf(one, 'paper')
      await until(() => sides.every(({ client }) => client.match?.round === 3), 'round 3')
      await endWell(sides)
    },
    60_000,
  )

  test('while the network of one of them changes ten times', async () => {
    const sides = await duel()
    const [one] = sides
    const networks = ['4g', 'none', '4g', 'wifi', '5g', 'none', 'wifi', '4g', 'none', 'wifi']
    let round = Promise.resolve()
    for (const network of networks) {
      // The change happens during a round: moves are in flight, or wait for a network.
      if (one.app.phone.network !== 'none') {
        await round
        round = playRound(sides, ['rock', 'rock'])
      }
      await pause(15)
      one.app.phone.setNetwork(network)
      await status(one, network === 'none' ? 'offline' : 'online')
    }
    await round
    expect(one.app.host.tasks.length).toBeGreaterThanOrEqual(7)
    await endWell(sides)
  })
})

describe('a node', () => {
  test('that drains is left by both phones, and the match continues', async () => {
    const sides = await duel()
    const node = nodeOf(sides[0])
    await playRound(sides, ['rock', 'paper'])
    const gone = cluster.removeNode(node)
    let rounds = 0
    while (sides.some((side) => nodeNameOf(side) === node.name)) {
      if (rounds++ < 8) await playRound(sides, ['rock', 'rock'])
      await pause(100)
    }
    for (const side of sides) await status(side, 'online')
    await endWell(sides)
    await gone
    await cluster.addNode()
  })

  test('that is killed loses nothing, not even requests in flight', async () => {
    const sides = await duel()
    await playRound(sides, ['rock', 'paper'])
    const node = nodeOf(sides[0])
    const round = playRound(sides, ['paper', 'rock'])
    await node.kill()
    await round
    await node.start()
    for (const side of sides) await status(side, 'online')
    await endWell(sides)
  })

  test('that dies while a phone is in the background is not missed when the phone comes back', async () => {
    const sides = await duel({ phone: { closeEvents: 'never' }, timing: { longAbsenceMs: 1000 } })
    const [one, two] = sides
    await playRound(sides, ['rock', 'paper'])
    one.app.phone.hide()
    await status(one, 'suspended')
    const node = nodeOf(one)
    await node.kill()
    await moveOf(two, 'rock')
    await pause(1000)
    one.app.phone.show()
    await status(one, 'online', 3000)
    expect(nodeOf(one)).not.toBe(node)
    await moveOf(one, 'paper')
    await until(() => sides.every(({ client }) => client.match?.round === 3), 'round 3')
    await node.start()
    await endWell(sides)
  })

  test('that stalls is left for another one, and the move that it swallowed counts once', async () => {
    const sides = await duel({ timing: { ackTimeoutMs: 1000 } })
    const [one, two] = sides
    const node = nodeOf(one)
    node.pause()
    const moved = Promise.all([moveOf(one, 'rock'), moveOf(two, 'scissors')])
    await pause(1500)
    node.resume()
    await moved
    await until(() => sides.every(({ client }) => client.match?.round === 2), 'round 2')
    await endWell(sides)
  })
})
