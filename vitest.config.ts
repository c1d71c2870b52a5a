import { defineConfig } from 'vitest/config'

/** Clusters of half a dozen processes each: more than two files at once only slow one another down. */
const maxWorkers = 2

export default defineConfig({
  test: {
    // Services die with the process that started them, and that is told by thread: no worker threads.
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
          globalSetup: 'test/setup/services.ts',
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        // Minutes each, and each a machine's worth of processes: one after the other.
        test: { name: 'long', include: ['test/long/**/*.test.ts'], globalSetup: 'test/setup/services.ts', fileParallelism: false, testTimeout: 1_200_000, hookTimeout: 120_000 },
      },
    ],
  },
})
