import { spawnSync } from 'node:child_process'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { takePort, isPortFree, portProblem, releasePort } from '../../tools/services/ports.ts'

test('ports that are taken at the same moment differ, also in another process', async () => {
  const mine = await Promise.all(Array.from({ length: 50 }, () => takePort()))
  const file = join(import.meta.dirname, '../../tools/services/ports.ts')
  const script = `import { takePort, releasePort } from ${JSON.stringify(file)}
    const ports = await Promise.all(Array.from({ length: 50 }, () => takePort()))
    console.log(JSON.stringify(ports))
    ports.forEach(releasePort)`
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], { encoding: 'utf8' })
  const theirs = JSON.parse(stdout) as number[]
  expect(new Set([...mine, ...theirs]).size).toBe(100)
  mine.forEach(releasePort)
})

test('a port that is in use is not free', async () => {
  const port = await takePort()
  expect(await isPortFree(port)).toBe(true)
  const server = createServer()
  await new Promise<void>((resolve) => void server.listen(port, '127.0.0.1', resolve))
  expect(await portProblem(port)).toBe('is in use')
  await new Promise((resolve) => server.close(resolve))
  expect(await isPortFree(port)).toBe(true)
  releasePort(port)
})
