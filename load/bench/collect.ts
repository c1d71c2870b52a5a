/** Loaded into nodes whose memory is measured: SIGUSR2 makes them collect garbage, and note how much of their heap is in use. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
process.on('SIGUSR2', () => {
  collect()
  collect()
  writeFileSync(join(process.env['COLLECT_DIR'] ?? '.', String(process.pid)), String(process.memoryUsage().heapUsed))
})
