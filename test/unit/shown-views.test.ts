import { expect, test } from 'vitest'
import { game } from '../../games/rps/index.ts'
import type { AnyGame } from '../../games/rules.ts'
import type { Stored } from '../../server/src/match/store.ts'
import { createTransitions } from '../../server/src/match/transitions.ts'
import { createFanOut } from '../../server/src/realtime/fan-out.ts'
import type { GameServer, GameSocket } from '../../server/src/realtime/types.ts'
import { specOf } from '../support/match-model.ts'

/** A socket of this node that notes what is sent to it. */
function socketOf(player: string): { socket: GameSocket; sent: string[] } {
  const sent: string[] = []
  const socket = {
    data: { player: { id: player }, resyncAt: Infinity, spectatorResyncAt: Infinity },
    conn: { write: (text: string) => sent.push(text) },
  }
  return { socket: socket as unknown as GameSocket, sent }
}

function storedMatch(connections: string[]): Stored {
  const { match } = createTransitions(game).create({ ...specOf('0-x', ['a', 'b']), connections }, Math.random)
  return { token: 't', match, timers: { round: { start: 1000, ms: 5000 } }, at: 1000, now: 1000 }
}

/** What a change of this node, or of another one, sends to the players and to a spectator who are connected here. */
function shown(which: 'committed' | 'remote', connections: string[], rules: AnyGame = game) {
  const [a, b, spectator] = [socketOf('a'), socketOf('b'), socketOf('c')]
  spectator.socket.data.watching = '0-x'
  const io = {
    sockets: {
      sockets: new Map([
        ['sa', a.socket],
        ['sb', b.socket],
        ['sc', spectator.socket],
      ]),
      adapter: { rooms: new Map([['match:0-x', new Set(['sc', 'just-gone'])]]) },
    },
  } as unknown as GameServer
  const fanOut = createFanOut(io, rules, 'here')
  const stored = storedMatch(connections)
  if (which === 'committed') fanOut.committed(stored, [])
  else fanOut.remote(stored)
  return { a, b, spectator }
}

test.each([
  ['a change of this node, to both seats', 'committed', ['here:sa', 'here:sb'], game, 1],
  ['a change of this node, to the seat that is here', 'committed', ['here:sa', 'there:sb'], game, 0],
  ['a change of another node', 'remote', ['here:sa', 'here:sb'], game, 1],
  ['a change of a game that shows each seat a view of its own', 'committed', ['here:sa', 'here:sb'], { ...game, viewDiffers: true }, 1],
] as const)('%s is noted as a view that came, and so is the deadline of the next one', (_, which, connections, rules, toB) => {
  const { a, b, spectator } = shown(which, [...connections], rules)
  expect([a.sent.length, b.sent.length, spectator.sent.length]).toEqual([1, toB, 1])
  expect(JSON.parse(a.sent[0]?.slice(1) ?? '')).toMatchObject(['match', { id: '0-x', status: 'playing', deadlineAt: 6000 }])
  const soon = (at: number): boolean => at - performance.now() > 5000 && at - performance.now() < 10_000
  expect([a.socket.data.resyncAt, b.socket.data.resyncAt, spectator.socket.data.spectatorResyncAt].map(soon)).toEqual([
    true,
    toB === 1,
    true,
  ])
})
