import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { boundToParent } from './bound.ts'
import { logSize, logTail, rotate } from './logs.ts'

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

/** `started` once it is ready, every time; `exited` at every end. */
export type ServiceEvents = { started: []; exited: [Exit] }

/** How to run one service. */
export interface ServiceSpec {
  name: string
  url: string
  /** Absolute path of the program. */
  command: string
  args: string[]
  cwd?: string
  env?: NodeJS.ProcessEnv
  logFile: string
  /** Called every 50 ms until it returns true; throwing means not yet. */
  isReady: () => Promise<boolean>
  /** A start that is not ready after this many milliseconds has failed. */
  readyMs: number
  /** What `stop()` sends. */
  stopSignal: NodeJS.Signals
  /** Milliseconds after which `stop()` kills. */
  stopMs: number
  /** The signal that the service gets when this process dies, however that happens. */
  deathSignal?: 'SIGKILL' | 'SIGTERM'
  /** Runs before every start. */
  prepare?: () => void
}

const POLL_MS = 50

/** A service that could not be started; the message contains the end of its log. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
}

/**
 * A child process with a name, a log and a check for readiness. It leads its own process group, so a Ctrl-C at the terminal reaches only us
 * and everything can be stopped in order; and it dies with us even if we are killed.
 */
export class Service extends EventEmitter<ServiceEvents> {
  readonly name: string
  readonly url: string
  readonly logFile: string
  readonly #spec: ServiceSpec
  #child: ChildProcess | null = null
  #exited: Promise<Exit> = Promise.resolve({ code: null, signal: null })
  #starting: Promise<void> | null = null
  #wanted = false
  #paused = false

  constructor(spec: ServiceSpec) {
    super()
    this.#spec = spec
    this.name = spec.name
    this.url = spec.url
    this.logFile = spec.logFile
  }

  /** Of the running child, or of the last one. */
  get pid(): number {
    return this.#child?.pid ?? 0
  }
  get running(): boolean {
    return this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }
  /** Whether it should be running: false once `stop()` was called. `kill()` does not change it. */
  get wanted(): boolean {
    return this.#wanted
  }
  /** Whether this process has paused it. */
  get paused(): boolean {
    return this.#paused
  }
  /** Resolves when the present child has ended. */
  get exited(): Promise<Exit> {
    return this.#exited
  }

  /** Starts it unless it runs, and waits until it is ready. @throws ServiceError */
  start(): Promise<void> {
    this.#starting ??= this.#start().finally(() => (this.#starting = null))
    return this.#starting
  }

  /** Asks it to end and waits; kills it if it takes too long. `signal` instead of its usual one. */
  async stop(signal: NodeJS.Signals = this.#spec.stopSignal): Promise<Exit> {
    this.#wanted = false
    if (!this.running) return this.#exited
    this.signal(signal)
    // A stopped process handles signals only once it continues.
    if (this.#paused) this.resume()
    const timer = setTimeout(() => void this.kill(), this.#spec.stopMs)
    return this.#exited.finally(() => clearTimeout(timer))
  }

  /** SIGKILL to it and everything it has started, as in a crash. */
  kill(): Promise<Exit> {
    this.#signalGroup('SIGKILL')
    return this.#exited
  }

  /** SIGSTOP: it keeps its connections and does nothing. */
  pause(): void {
    this.#paused = true
    this.#signalGroup('SIGSTOP')
  }

  resume(): void {
    this.#paused = false
    this.#signalGroup('SIGCONT')
  }

  /** Stops it if it runs and starts it on the same port with the same data. */
  async restart(): Promise<void> {
    await this.stop()
    await this.start()
  }

  /** Sends a signal to the process itself; does nothing if it does not run. */
  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child?.kill(signal)
  }

  #signalGroup(signal: NodeJS.Signals): void {
    if (!this.running || !this.pid) return
    try {
      process.kill(-this.pid, signal)
    } catch {
      this.#child?.kill(signal)
    }
  }

  async #start(): Promise<void> {
    if (this.running) return
    const spec = this.#spec
    this.#wanted = true
    this.#paused = false
    mkdirSync(dirname(spec.logFile), { recursive: true })
    rotate(spec.logFile)
    spec.prepare?.()
    const logStart = logSize(spec.logFile)
    const failure = (what: string): ServiceError => new ServiceError(`${spec.name} ${what}.${logTail(spec.logFile, logStart)}`)

    const exited = this.#spawn()
    let exit: Exit | null = null
    void exited.then((result) => (exit = result))
    const deadline = performance.now() + spec.readyMs
    while (!(await spec.isReady().catch(() => false))) {
      if (exit) break
      if (performance.now() > deadline) {
        await this.kill()
        throw failure(`was not ready within ${spec.readyMs / 1000} s`)
      }
      await Promise.race([delay(POLL_MS), exited])
    }
    // Another process may have replied on this port: ready counts only while our child lives.
    if (exit) throw failure(`ended while starting (${describeExit(exit)})`)
    this.emit('started')
  }

  #spawn(): Promise<Exit> {
    const spec = this.#spec
    const log = openSync(spec.logFile, 'a')
    const [command, args] = boundToParent(spec.command, spec.args, spec.deathSignal)
    const child = spawn(command, args, {
      cwd: spec.cwd,
      env: spec.env ?? process.env,
      stdio: ['ignore', log, log],
      detached: true,
    })
    closeSync(log)
    this.#child = child
    const { promise, resolve } = Promise.withResolvers<Exit>()
    this.#exited = promise
    child.once('error', () => {
      if (child.pid === undefined) resolve({ code: 127, signal: null })
    })
    child.once('exit', (code, signal) => {
      sweepGroup(child.pid)
      resolve({ code, signal })
      this.emit('exited', { code, signal })
    })
    return promise
  }
}

/** Creates a service and starts it. @throws ServiceError */
export async function startService(spec: ServiceSpec): Promise<Service> {
  const service = new Service(spec)
  await service.start()
  return service
}

/** `code 1` or `signal SIGKILL`. */
export const describeExit = ({ code, signal }: Exit): string => (signal ? `signal ${signal}` : `code ${code}`)

/** A master that was killed may leave workers that hold its port. */
function sweepGroup(pid: number | undefined): void {
  if (!pid) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // Nothing is left of the group.
  }
}
