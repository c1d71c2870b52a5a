/** The cluster under test, and how faults are injected into it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createConnection } from 'mariadb'
import { connectionOptions } from '../../prisma/connection.ts'
import { startCluster, type Cluster } from '../cluster/cluster.ts'
import { createClock, NoClockError, type ServiceClock } from '../services/clock.ts'
import { takePort, releasePort } from '../services/ports.ts'
import { describeExit, Service } from '../services/process.ts'
import { startRecorder } from '../services/recorder.ts'
import { startRedis } from '../services/redis.ts'
import type { ChaosOptions } from './options.ts'
import { RedisTime } from './redis-time.ts'
import type { Action, Fault, Target } from './schedule.ts'
import type { Difference } from './history.ts'

/** Settings of the nodes of this run; the checker relies on some of them. */
export const RULES = { roundMs: 5000, revealMs: 1800, maxMissed: 2, maxRoundsFactor: 3, shards: 16, drainMs: 1500 }

const ENV: Record<string, string> = {
  ROUND_MS: String(RULES.roundMs),
  REVEAL_MS: String(RULES.revealMs),
  MAX_MISSED: String(RULES.maxMissed),
  MAX_ROUNDS_FACTOR: String(RULES.maxRoundsFactor),
  SHARDS: String(RULES.shards),
  DRAIN_MS: String(RULES.drainMs),
  BOT_AFTER_MS: '6000',
  ABANDON_WAIT_MS: '500',
  ABANDON_WAIT_MAX_MS: '1000',
  // All players come from one address.
  LOGIN_PER_MINUTE: '1000000',
  HANDSHAKES_PER_MINUTE: '1000000',
  RECORDER: 'off',
}

export interface Outage {
  target: Target
  action: Action
  /** Epoch ms. */
  from: number
  to: number
}

export class FaultInjector {
  readonly cluster: Cluster
  readonly recorders: Service[]
  readonly redis: Service
  readonly outages: Outage[] = []
  readonly differences: Difference[] = []
  /** The offsets that the clock of Redis was set to, and when. */
  readonly times = new RedisTime()
  /** Why the clock of Redis cannot be stepped; null if it can. */
  readonly noClock: string | null
  readonly #clock: ServiceClock | null
  readonly #ports: number[]
  /** Targets that are down or coming back. */
  readonly #down = new Map<Faulted, Target>()

  private constructor(cluster: Cluster, redis: Service, recorders: Service[], ports: number[], clock: ServiceClock | string) {
    this.cluster = cluster
    this.redis = redis
    this.recorders = recorders
    this.#ports = ports
    this.#clock = typeof clock === 'string' ? null : clock
    this.noClock = typeof clock === 'string' ? clock : null
  }

  static async open(
    { nodes, recorders: wanted, appendfsync, game }: ChaosOptions,
    dataDir: string,
    onProgress: (line: string) => void,
  ): Promise<FaultInjector> {
    const ports = await Promise.all(Array.from({ length: wanted + 1 }, () => takePort()))
    const started: Service[] = []
    let cluster: Cluster | null = null
    try {
      const log = (name: string): string => join(dataDir, 'logs', `${name}.log`)
      let clock = clockIn(join(dataDir, 'clock'))
      const redis = await startRedis({
        dir: join(dataDir, 'redis'),
        port: ports[wanted] ?? 0,
        logFile: log('redis'),
        settings: { appendfsync },
        env: typeof clock === 'string' ? {} : clock.env,
      })
      started.push(redis)
      if (typeof clock !== 'string' && !(await obeys(redis, clock)))
        clock = 'this redis-server does not get its time from the library that shifts it'
      if (typeof clock === 'string') onProgress(`The clock of Redis is not stepped: ${clock}.`)
      cluster = await startCluster({
        dataDir,
        nodes,
        redis: { url: redis.url, pid: redis.pid },
        env: { ...ENV, GAME: game },
        handshakesPerSecond: 10_000,
        onProgress,
      })
      const { mysql } = cluster.info
      const recorders = ports.slice(0, wanted).map((port, index) =>
        startRecorder({
          name: `recorder-${index + 1}`,
          port,
          logFile: log(`recorder-${index + 1}`),
          redisUrl: redis.url,
          databaseUrl: mysql.url,
          env: { SHARDS: String(RULES.shards), GAME: game },
        }).then((service) => {
          started.push(service)
          return service
        }),
      )
      await Promise.allSettled(recorders)
      return new FaultInjector(cluster, redis, await Promise.all(recorders), ports, clock)
    } catch (error) {
      await cluster?.close()
      await Promise.all(started.map((service) => service.stop()))
      for (const port of ports) releasePort(port)
      throw error
    }
  }

  #targetOf({ target, index }: Fault): Faulted {
    const services: Record<Target, Faulted | null | undefined> = {
      node: this.cluster.nodes[index],
      recorder: this.recorders[index],
      redis: this.redis,
      mysql: this.cluster.mysql,
      nginx: this.cluster.nginx?.service,
      clock: this.#clock,
    }
    const service = services[target]
    if (!service) throw new Error(`there is no ${target} ${index + 1}`)
    return service
  }

  /** Waits until the target may be hit and calls `onInject`; resolves when the target is back. */
  async inject(fault: Fault, onInject: () => void): Promise<void> {
    const faulted = this.#targetOf(fault)
    while (!this.#isTurn(faulted, fault.target)) await sleep(100)
    this.#down.set(faulted, fault.target)
    onInject()
    const from = Date.now()
    try {
      if (faulted instanceof Service) await this.#action(faulted, fault)
      else await this.#misset(faulted, fault)
      if (fault.action !== 'reload') this.outages.push({ target: fault.target, action: fault.action, from, to: Date.now() })
    } finally {
      this.#down.delete(faulted)
    }
  }

  /** On a slow machine the target before may take longer to come back than the schedule has it. */
  #isTurn(faulted: Faulted, target: Target): boolean {
    if (this.#down.has(faulted)) return false
    const kind = target === 'node' ? this.cluster.nodes : target === 'recorder' ? this.recorders : []
    return kind.length < 2 || kind.filter((each) => !this.#down.has(each)).length > 1
  }

  async #action(service: Service, fault: Fault): Promise<void> {
    switch (fault.action) {
      case 'reload':
        service.signal('SIGHUP')
        break
      case 'stall':
        service.pause()
        await sleep(fault.lastsMs)
        service.resume()
        break
      case 'fill':
      case 'refuse':
        await this.#refuse(fault, true)
        await sleep(fault.lastsMs)
        await this.#refuse(fault, false)
        break
      case 'kill':
        await service.kill()
        await sleep(fault.lastsMs)
        await this.#start(service)
        break
      case 'drain':
        await this.#drain(service)
        await sleep(fault.lastsMs)
        await this.#start(service)
        break
      case 'back':
      case 'forward':
        throw new Error(`${service.name} has no clock`)
    }
  }

  /** Steps the clock of Redis twice: away from the right time, and back to it. */
  async #misset(clock: ServiceClock, { stepMs, lastsMs }: Fault): Promise<void> {
    this.#setClock(clock, stepMs)
    await sleep(lastsMs)
    this.#setClock(clock, 0)
  }

  #setClock(clock: ServiceClock, offsetMs: number): void {
    const before = Date.now()
    clock.set(offsetMs)
    this.times.step(offsetMs, before, Date.now())
  }

  /** Makes a store refuse writes, or accept them again. */
  async #refuse({ target, action }: Fault, on: boolean): Promise<void> {
    if (target === 'redis') {
      const redis = new Redis(this.redis.url)
      try {
        if (action === 'fill') await redis.config('SET', 'maxmemory', on ? '1mb' : '0')
        else await redis.config('SET', 'min-replicas-to-write', on ? '3' : '0')
        if (on) await this.#expectRefusal('redis', action, redis.set('cq:chaos:probe', '1'))
      } finally {
        redis.disconnect()
      }
      return
    }
    const root = new URL(this.cluster.info.mysql.url)
    ;[root.username, root.pathname] = ['root', '']
    const connection = await createConnection(connectionOptions(root.href))
    try {
      await connection.query(`SET GLOBAL read_only = ${on ? 1 : 0}`)
    } finally {
      await connection.end()
    }
    if (!on) return
    const ours = await createConnection(connectionOptions(this.cluster.info.mysql.url))
    try {
      await this.#expectRefusal('mysql', action, ours.query('UPDATE Player SET id = id WHERE 1 = 0'))
    } finally {
      await ours.end()
    }
  }

  /** A fault without an effect would test nothing. */
  async #expectRefusal(target: Target, action: Action, write: Promise<unknown>): Promise<void> {
    const taken = await write.then(
      () => true,
      () => false,
    )
    if (taken) this.differences.push({ kind: 'harmless', text: `${target} accepted a write in spite of "${action}"` })
  }

  /** A process that is asked to end does so by itself, with exit code 0. */
  async #drain(service: Service): Promise<void> {
    const exit = await service.stop()
    if (exit.code !== 0)
      this.differences.push({ kind: 'drain', text: `${service.name} was asked to end and ended with ${describeExit(exit)}` })
  }

  /** What it needs may be away at the moment; then it is tried again. */
  async #start(service: Service): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await service.start()
      } catch (error) {
        if (attempt === 3) throw error
      }
    }
  }

  /** Everything runs, whatever an interrupted run left behind. */
  async heal(): Promise<void> {
    for (const service of this.#services()) {
      service.resume()
      await this.#start(service)
    }
  }

  /** Log lines that show an error of ours, by message. */
  warnings(): Map<string, number> {
    const counts = new Map<string, number>()
    const folder = join(this.cluster.dataDir, 'logs')
    for (const file of readdirSync(folder)) {
      for (const line of readFileSync(join(folder, file), 'utf8').split('\n')) {
        const warning = warningOf(line)
        if (warning !== null) counts.set(warning, (counts.get(warning) ?? 0) + 1)
      }
    }
    return counts
  }

  async close(): Promise<void> {
    for (const service of this.#services()) service.resume()
    await Promise.all(this.recorders.map((recorder) => recorder.stop()))
    await this.cluster.close()
    await this.redis.stop()
    this.#clock?.close()
    for (const port of this.#ports) releasePort(port)
  }

  /** At once. */
  async kill(): Promise<void> {
    await Promise.all([this.cluster.kill(), ...[...this.recorders, this.redis].map((service) => service.kill())])
  }

  #services(): Service[] {
    return [
      this.redis,
      this.cluster.mysql,
      this.cluster.wechat,
      ...this.cluster.nodes,
      this.cluster.nginx?.service,
      ...this.recorders,
    ].filter((service) => !!service)
  }
}

/** What a fault can hit. */
type Faulted = Service | ServiceClock

/** A clock for Redis, or why there is none. */
function clockIn(dir: string): ServiceClock | string {
  try {
    return createClock(dir)
  } catch (error) {
    if (error instanceof NoClockError) return error.message
    throw error
  }
}

/** Whether the clock of this Redis is the one that is set. Leaves it right. */
async function obeys({ url }: Service, clock: ServiceClock): Promise<boolean> {
  const redis = new Redis(url)
  try {
    clock.set(-TRIED_MS)
    const [seconds] = await redis.time()
    return Math.abs(Date.now() - TRIED_MS - Number(seconds) * 1000) < TRIED_MS / 2
  } finally {
    clock.set(0)
    redis.disconnect()
  }
}
const TRIED_MS = 60_000

/** What the recorder logs about events that MySQL holds already. */
export const REPEATED = 'events that MySQL held already'
interface LogLine {
  level: number
  msg: string
  err?: { type?: string; message?: string; code?: string }
}

/** A line that shows an error, without what differs from one to the next. */
function warningOf(line: string): string | null {
  if (!line.startsWith('{') || !/^\{"level":[56]|held already/.test(line)) return null
  const { msg, err } = JSON.parse(line) as LogLine
  const cause = err && [err.type, err.code, err.message?.trim().split('\n').at(-1)?.slice(0, 120)].filter(Boolean).join(' ')
  return cause ? `${msg} (${cause})` : msg
}
