/** Loaded into a node that is profiled: SIGUSR2 starts its profile, and ends it by writing a file in PROFILE_DIR. */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'

const session = new Session()
let running = false

async function start(): Promise<void> {
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 200 })
  await session.post('Profiler.start')
}

async function stop(): Promise<void> {
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  writeFileSync(join(process.env['PROFILE_DIR'] ?? '.', `${process.pid}.cpuprofile`), JSON.stringify(profile))
}

process.on('SIGUSR2', () => {
  running = !running
  ;(running ? start() : stop()).catch((fault: unknown) => process.stderr.write(`profile: ${String(fault)}\n`))
})
