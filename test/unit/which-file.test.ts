/** Questions of a reader who knows Socket.IO, Redis and games: the index of docs/architecture.md answers them, and the code bears it out. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

/** The behaviour as the index has it, the file, and the line of code that does it. */
const ANSWERS: [behaviour: string, file: string, code: RegExp][] = [
  ['a deadline is enforced', 'server/src/match/deadlines.ts', /setTimeout\(/],
  ['a deadline of a dead node is enforced', 'server/src/match/sweeper.ts', /store\.due\(/],
  ["a bot's thinking time", 'server/src/match/bot.ts', /botMaxMs - botMinMs/],
  ['a node learns of a round that another node decided', 'server/src/match/remote-changes.ts', /cache\.applyRemote\(/],
  ['a flooding socket is closed', 'server/src/realtime/connection-limits.ts', /metrics\.cut\b|connectionsCut|\.close\(/],
  ['a nickname is validated', 'server/src/players/nickname.ts', /refused\('must not hold control characters/],
  ['a match is written to Redis', 'server/src/match/commit.lua', /redis\.call\('HSET', write\.match/],
  ['a view reaches the players and spectators', 'server/src/realtime/fan-out.ts', /\.emit\('match'/],
  ['two players are paired', 'server/src/matchmaking/matchmaker.ts', /queue\.find\(/],
  ['a player has one live match at a time', 'server/src/matchmaking/reservations.ts', /playerMatchKey\(/],
  ['a player has one connection', 'server/src/realtime/connections.ts', /const \[late, held\]/],
  ['a lost message between nodes is repaired', 'server/src/realtime/resync.ts', /resyncAt/],
  ['a node leaves without dropping a match', 'server/src/realtime/drain.ts', /server:draining/],
  ['a node is known to be alive', 'server/src/registry.ts', /isDead/],
  ['a login code is exchanged', 'server/src/players/wechat.ts', /jscode2session/],
  ['an error means that a store is away', 'server/src/outages.ts', /export function outageOf/],
  ['a round is recorded exactly once', 'server/src/recorder/recorder.ts', /moveCursors\(tx/],
  ['a rating changes', 'server/src/recorder/ratings.ts', /export function rate/],
  ['a client reconnects', 'client-sdk/src/connection/transition.ts', /retry/],
  ['a client holds and repeats a move', 'client-sdk/src/client/moves.ts', /held/],
]
const INDEX = /^## Which file\?$(.*?)^## /ms.exec(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'))?.[1] ?? ''

test.each(ANSWERS)('%s: %s', (behaviour, file, code) => {
  expect(INDEX).toContain(`| ${behaviour} | \`${file}\` |`)
  expect(readFileSync(join(ROOT, file), 'utf8')).toMatch(code)
})
