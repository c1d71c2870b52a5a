import { readdirSync } from 'node:fs'
import { defineConfig } from 'vitest/config'

/** Each file starts clusters of about six processes: more than two files at once slow each other down. */
const maxWorkers = 2

const services = { globalSetup: 'test/setup/services.ts', testTimeout: 60_000, hookTimeout: 120_000 }

/** Integration tests of data in Redis: they run once more, on a Redis Cluster of three primaries. */
const OF_REDIS = ['send-hooks', 'commit', 'fan-out', 'crash', 'game', 'linear', 'match', 'pairing', 'recorder']

/** Integration tests that compare latencies with a bound: they run last, one file at a time, so that no test delays them. */
const OF_TIME = ['stalled-node'].map((name) => `test/integration/${name}.test.ts`)

/** Integration tests of guarantees for every game: they run once more for each further game. */
const OF_GAMES = ['crash', 'recorder']
const OTHER_GAMES = readdirSync(new URL('games/', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'rps')
  .map(({ name }) => name)

export default defineConfig({
  test: {
    // Services die with the thread that started them, so worker threads must not start them.
    pool: 'forks',
    maxWorkers,
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 10_000 },
      },
      {
        extends: true,
        root: 'client-sdk',
        test: { name: 'sdk', include: ['test/**/*.test.ts'], testTimeout: 15_000 },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          exclude: OF_TIME,
          provide: { redis: 'one', game: 'rps' },
          ...services,
        },
      },
      {
        extends: true,
        test: {
          name: 'timing',
          include: OF_TIME,
          provide: { redis: 'one', game: 'rps' },
          ...services,
          sequence: { groupOrder: 1 },
          fileParallelism: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'redis-cluster',
          include: OF_REDIS.map((name) => `test/integration/${name}.test.ts`),
          provide: { redis: 'cluster', game: 'rps' },
          ...services,
        },
      },
      ...OTHER_GAMES.map((game) => ({
        extends: true as const,
        test: {
          name: game,
          include: OF_GAMES.map((name) => `test/integration/${name}.test.ts`),
          provide: { redis: 'one' as const, game },
          ...services,
        },
      })),
      {
        extends: true,
        test: {
          name: 'long',
          include: ['test/long/**/*.test.ts'],
          // GAME=gomoku npm run test:long -- rolling
          provide: { redis: 'one', game: process.env['GAME'] || 'rps' },
          ...services,
          testTimeout: 1_200_000,
          // Hundreds of players and minutes each: one file at a time.
          fileParallelism: false,
        },
      },
    ],
  },
})
