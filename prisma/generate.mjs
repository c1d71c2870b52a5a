// Generates the Prisma client without Prisma's native engine. The engine is not needed for this, but the command downloads one unless this
// variable names an existing file.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const bin = fileURLToPath(new URL('../node_modules/prisma/build/index.js', import.meta.url))
const schema = fileURLToPath(new URL('schema.prisma', import.meta.url))
const { status, stdout, stderr } = spawnSync(process.execPath, [bin, 'generate', '--no-hints', `--schema=${schema}`], {
  encoding: 'utf8',
  env: {
    ...process.env,
    PRISMA_SCHEMA_ENGINE_BINARY: process.env['PRISMA_SCHEMA_ENGINE_BINARY'] ?? process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  },
})
if (status !== 0) {
  process.stderr.write(`${stdout}${stderr}\nprisma generate failed.\n`)
  process.exit(1)
}
