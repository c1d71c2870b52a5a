import { expect, test } from 'vitest'
import { createEraser, type EraserOptions } from '../../server/src/erasure/eraser.ts'
import { CatalogueError } from '../../server/src/errors.ts'
import { createLog } from '../../server/src/log.ts'

const player = { id: 'p', nickname: 'gone', avatarUrl: '', rating: 1500, wins: 0, losses: 0, draws: 0, deleted: true as const }

/** Everything that a deletion calls, by name, in its order. */
function tracedEraser(faults: Partial<Record<string, Error>> = {}) {
  const did: string[] = []
  const note = (name: string, result?: unknown) => () => {
    did.push(name)
    return faults[name] ? Promise.reject(faults[name]) : Promise.resolve(result)
  }
  const options = {
    redis: { del: note('forget') },
    openids: { forget: note('forget') },
    erasures: { begin: note('begin'), lease: note('claim', []), done: note('done') },
    players: { read: note('read', [player]), publish: note('publish') },
    leaderboard: { remove: note('unrank') },
    matches: { leave: note('leave') },
    matchmaker: { cancel: note('cancel') },
    reservations: { current: note('current', { match: { id: 'm', status: 'playing' } }), release: note('release') },
    connections: { current: note('connection', 'c') },
    fanOut: { close: () => void did.push('close') },
    failed: () => void did.push('failed'),
    log: createLog({ LOG_LEVEL: 'silent', NODE_NAME: 'test' }),
  } as unknown as EraserOptions
  return { did, eraser: createEraser(options) }
}

test('MySQL comes first, then the steps that refuse the player everywhere, then everything that the player is in', async () => {
  const { did, eraser } = tracedEraser()
  await eraser.erase('p', 'gone')
  expect(did.filter((name) => name !== 'forget')).toEqual([
    'begin',
    'read',
    'publish',
    'connection',
    'close',
    'cancel',
    'current',
    'leave',
    'release',
    'unrank',
  ])
})

test('nothing is done while MySQL is away, and a step that another store refuses is left for later', async () => {
  const away = tracedEraser({ begin: new Error('away') })
  await expect(away.eraser.erase('p', 'gone')).rejects.toThrow('away')
  expect(away.did).toEqual(['begin'])
  const half = tracedEraser({ cancel: new Error('Connection is closed.') })
  await half.eraser.erase('p', 'gone')
  expect(half.did.slice(-2)).toEqual(['cancel', 'failed'])
})

test('a match that has ended meanwhile delays nothing, one that cannot be reached does', async () => {
  const ended = tracedEraser({ leave: new CatalogueError('match_finished') })
  await ended.eraser.erase('p', 'gone')
  expect(ended.did).toContain('release')
  const silent = tracedEraser({ leave: new CatalogueError('unavailable') })
  await silent.eraser.erase('p', 'gone')
  expect(silent.did).not.toContain('release')
  expect(silent.did).toContain('failed')
})
