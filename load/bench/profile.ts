/** `npm run bench -- --profile`: where the processor time of a round goes, as a start for further work. */
import { Redis } from 'ioredis'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { basename, join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ROOT } from '../../tools/services/node.ts'
import { takeAll, playing, type Load } from './measure.ts'
import { redisCalls } from './redis-calls.ts'
import { table } from './statistics.ts'
import { startCaiquan } from './subjects.ts'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

/** How many functions are listed. */
const LISTED = 30
/** Printed below the functions. */
const KERNEL_SHARE =
  "V8's profiler takes its samples on return from system calls, so it shows `writev` at about twice its true share (`perf record` showed " +
  "19 % of a node's time in the kernel and 80 % in user code); use `perf` for the share of the kernel."
/** How long a node may take to write its profile, ms. */
const WRITTEN_MS = 20_000

/** System calls that read, write and wait, of a process since its start; from /proc. */
function systemCalls(pid: number): Record<string, number> {
  const read = (file: string, name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1] ?? 0)
  return {
    'read calls': read('io', 'syscr'),
    'write calls': read('io', 'syscw'),
    'voluntary context switches (waits)': read('status', 'voluntary_ctxt_switches'),
    'involuntary context switches': read('status', 'nonvoluntary_ctxt_switches'),
  }
}

const since = (after: Record<string, number>, before: Record<string, number>, rounds: number): [string, number][] =>
  Object.entries(after)
    .map(([name, count]): [string, number] => [name, (count - (before[name] ?? 0)) / rounds])
    .filter(([, each]) => each >= 0.005)
    .sort(([, one], [, two]) => two - one)

/** Self time by function, µs per round. */
function selfTimes({ nodes, samples, timeDeltas }: Profile, rounds: number): [string, number][] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${place(url)}${url.startsWith('file:') ? `:${lineNumber + 1}` : ''}`.trim(),
    ]),
  )
  const times = new Map<string, number>()
  samples.forEach((id, index) => {
    const name = names.get(id) ?? '?'
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0))
  })
  return [...times].map(([name, time]): [string, number] => [name, time / rounds]).sort(([, one], [, two]) => two - one)
}

function place(url: string): string {
  if (!url.startsWith('file:')) return url
  const path = relative(ROOT, new URL(url).pathname)
  return path.includes('node_modules/') ? path.slice(path.lastIndexOf('node_modules/') + 13) : path
}

async function readProfile(file: string): Promise<Profile> {
  for (const until = performance.now() + WRITTEN_MS; performance.now() < until; await sleep(200)) {
    try {
      if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Profile
    } catch {
      // The file is half written.
    }
  }
  throw new Error(`the node wrote no profile to ${file}`)
}

/** Counts what one node does under the load, and then profiles it. @param dir where the profiles are written */
export async function profile(load: Load, dir: string, print: (line?: string) => void): Promise<void> {
  mkdirSync(dir, { recursive: true })
  const subject = await startCaiquan({
    nodes: 1,
    env: { NODE_OPTIONS: `--import=${new URL('profile-node.ts', import.meta.url).href}`, PROFILE_DIR: dir },
  })
  const redis = new Redis(subject.redisUrl ?? '')
  try {
    const [pid = 0] = subject.pids()['nodes'] ?? []
    await playing(subject, load, async (drivers) => {
      // The profile comes in a window of its own: its samples interrupt the node, and would be counted as context switches.
      await takeAll(drivers)
      const before = { calls: systemCalls(pid), commands: await redisCalls(redis) }
      await sleep(load.seconds * 1000)
      const { rounds, matches } = await takeAll(drivers)
      const after = { calls: systemCalls(pid), commands: await redisCalls(redis) }
      process.kill(pid, 'SIGUSR2')
      await sleep(load.seconds * 1000)
      process.kill(pid, 'SIGUSR2')
      const { rounds: profiled } = await takeAll(drivers)
      const file = join(dir, `${pid}.cpuprofile`)
      const rows = (each: [string, number][], digits: number): string[][] => each.map(([name, value]) => [name, value.toFixed(digits)])
      print(
        `\n${Math.round(rounds / load.seconds)} rounds/s; ${(rounds / matches).toFixed(1)} rounds per match. The profile costs the ` +
          'node some processor time of its own. The other figures were measured before it.',
      )
      print(`\nSelf time of functions, µs per round (${basename(file)}; open it in Chrome's developer tools):\n`)
      print(table(['function', 'µs'], rows(selfTimes(await readProfile(file), profiled).slice(0, LISTED), 1)))
      print(`\n${KERNEL_SHARE}`)
      print('\nSystem calls of the node per round:\n')
      print(table(['', 'per round'], rows(since(after.calls, before.calls, rounds), 2)))
      print('\nCommands of Redis per round, those of scripts included; and per match:\n')
      print(
        table(
          ['command', 'per round', 'per match'],
          since(after.commands, before.commands, rounds).map(([name, each]) => [
            name,
            each.toFixed(2),
            ((each * rounds) / matches).toFixed(1),
          ]),
        ),
      )
    })
  } finally {
    redis.disconnect()
    await subject.close()
  }
  print(`\nThe profile is in ${dir}.`)
}
