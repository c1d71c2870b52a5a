import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { isAlive } from '../../tools/services/alive.ts'
import { startMariaDb } from '../../tools/services/mariadb.ts'
import { takePort, releasePort } from '../../tools/services/ports.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The MariaDB that the test files of one run share; see `testDatabase`. */
    mariadb: { rootUrl: string; pid: number }
    /** Folder for the files that tests write; removed after the run. */
    testDir: string
  }
}

const PREFIX = 'caiquan-test-'

/** Runs once per test run, in the process that leads it: everything that is started here dies with that process. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  removeLeftovers()
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const port = await takePort()
  const { service, rootUrl } = await startMariaDb({ dir: join(dir, 'mariadb'), port, durable: false })
  project.provide('mariadb', { rootUrl, pid: service.pid })
  project.provide('testDir', dir)
  return async () => {
    await service.stop()
    releasePort(port)
    if (!process.env['KEEP_TEST_DATA']) rmSync(dir, { recursive: true, force: true })
  }
}

/** A run that was killed could not clean up after itself. */
function removeLeftovers(): void {
  for (const name of readdirSync(tmpdir())) {
    const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1])
    if (pid && !isAlive(pid)) rmSync(join(tmpdir(), name), { recursive: true, force: true })
  }
}
