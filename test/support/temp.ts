import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { inject } from 'vitest'

/** An empty folder that is removed with the run. */
export const tempDir = (name: string): string => mkdtempSync(join(inject('testDir'), `${name}-`))
