import { defineConfig } from 'vitest/config'

/** The SDK's own tests, by themselves: `npm test -w client-sdk`. The project's run includes them. */
export default defineConfig({
  test: { include: ['test/**/*.test.ts'], pool: 'forks', maxWorkers: 2, testTimeout: 15_000 },
})
