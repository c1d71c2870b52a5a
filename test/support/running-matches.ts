import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { MatchView } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { expectRecorded, expectTallies, recorded } from './records.ts'
import { duel, expectDuelRecorded, type Duel } from './duels.ts'
import { chooseMove } from '../../tools/play/moves.ts'
import { TestPlayer } from './player.ts'
import { longest, testGame } from './rules-player.ts'
import { randomOf } from './random.ts'

export interface RunningMatchesOptions {
  cluster: Pick<Cluster, 'info'>
  /** Matches of plain Socket.IO clients, and of phones with the SDK. */
  plain: number
  phones: number
  /** A word that makes names unique. */
  word: string
}

/** Matches that continue, drawn round after round, until they are told to end. */
export interface RunningMatches {
  players: number
  /** How long each loss of a connection has lasted so far, ms. */
  gaps(): number[]
  /** When each of them began, `performance.now()`. */
  losses(): number[]
  /** Has every match decided, and compares all that was seen and acknowledged with MySQL. */
  finish(): Promise<void>
}

/** Starts this many matches at a time: the machine that plays also serves. */
const AT_ONCE = 10
const THINK_MS = [1500, 4500] as const
const MATCH_TIMEOUT_MS = 480_000

export async function startMatches({ cluster, plain, phones, word }: RunningMatchesOptions): Promise<RunningMatches> {
  const { url } = cluster.info
  const game = await testGame()
  let over = false
  const thinker = (seed: number, side: number) => {
    const random = randomOf(seed * 2 + side)
    return async (view: MatchView<unknown>, seat: 0 | 1): Promise<unknown> => {
      await sleep(THINK_MS[0] + random() * (THINK_MS[1] - THINK_MS[0]))
      // Rock–paper–scissors is drawn round after round until the end is requested; other games are played normally.
      return game.name === 'rps' ? (over && side === 1 ? 'scissors' : 'rock') : chooseMove(game, view, seat, random)
    }
  }
  const games: Promise<MatchView<unknown>>[] = []
  const pairs: { id: string; players: [TestPlayer, TestPlayer] }[] = []
  const duels: Duel[] = []
  const byTens = async (count: number, start: (index: number) => Promise<void>): Promise<void> => {
    for (let index = 0; index < count; index += AT_ONCE)
      await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - index) }, (_, more) => start(index + more)))
  }
  await byTens(plain, async (index) => {
    const players = (await Promise.all(['a', 'b'].map((side) => TestPlayer.join(`${word}-${index}-${side}`, url)))) as [
      TestPlayer,
      TestPlayer,
    ]
    for (const player of players) player.reconnectTo = () => url
    const [one, two] = players
    const { match, code } = await one.request('room:create', { bestOf: longest(game) })
    await two.request('room:join', { code })
    pairs.push({ id: match.id, players })
    players.forEach((player, side) => {
      const think = thinker(index, side)
      games.push(player.play(match.id, (view) => think(view, view.seats[0]?.player.id === player.player.id ? 0 : 1), MATCH_TIMEOUT_MS))
    })
  })
  await byTens(phones, async (index) => {
    const players = await duel(url, [`${word}-phone-${index}-a`, `${word}-phone-${index}-b`], index, longest(game))
    duels.push(players)
    players.forEach((player, side) => {
      const think = thinker(1000 + index, side)
      games.push(player.play((view) => think(view, player.client.seat ?? 0), MATCH_TIMEOUT_MS))
    })
  })
  const allPlayers = [...pairs.flatMap(({ players }) => players), ...duels.flat()]
  // A match that fails early must be reported even if no caller waits for it yet.
  const all = Promise.all(games)
  all.catch(() => undefined)

  return {
    players: allPlayers.length,
    gaps: () => allPlayers.flatMap(({ gaps }) => gaps),
    losses: () => allPlayers.flatMap(({ losses }) => losses),
    async finish() {
      over = true
      const ends = await all
      const reasons = [...Map.groupBy(ends, ({ result }) => result?.reason).keys()]
      expect(
        reasons.filter((reason) => reason !== 'score' && reason !== 'max_rounds'),
        'how matches ended',
      ).toEqual([])
      const ids = ends.map(({ id }) => id)
      const records = await recorded(cluster.info.mysql.url, ids)
      for (const { id, players } of pairs) expectRecorded(records, id, players)
      for (const players of duels) expectDuelRecorded(records, players)
      await expectTallies(cluster.info.mysql.url)
      for (const { players } of pairs) for (const player of players) player.close()
      await Promise.all(duels.flat().map((player) => player.close()))
    },
  }
}
