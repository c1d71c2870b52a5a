import type { EventEmitter } from 'node:events'
import type { Service, ServiceEvents } from '../services/process.ts'
import { parseExposition } from './exposition.ts'
import { progressOf, histogramQuantile, readingOf, together, type Progress, type Reading } from './reading.ts'
import type { Happening, NodeReport, NodeState } from './report.ts'

/** Rates and times are taken over this many readings. */
const WINDOW = 5
/** A node that needs longer to reply counts as silent: the page must not wait for it. */
const SCRAPE_MS = 900

/** What the page needs of a node. */
export type WatchedService = Pick<Service, 'name' | 'pid' | 'url' | 'running' | 'wanted'> & Pick<EventEmitter<ServiceEvents>, 'on' | 'off'>

/** One node as seen from outside: by its process and by its replies. */
export class WatchedNode {
  readonly service: WatchedService
  /** The last reply; null while there is none. */
  reading: Reading | null = null
  #before: Reading | null = null
  #readAt = 0
  #progress: Progress[] = []
  #deaths = 0
  #readySince: number | null = null
  /** Moves that it was seen to acknowledge, over all its processes. */
  moves = 0
  /** Whether this process has reported that it is ready: metrics are available earlier. */
  #ready = false
  /** The process that has replied. */
  #heard = 0
  readonly #tell: (what: Happening) => void

  constructor(service: WatchedService, tell: (what: Happening) => void) {
    this.service = service
    this.#tell = tell
    if (service.running) {
      this.#ready = true
      this.#readySince = Date.now()
    }
    service.on('started', this.#started)
    service.on('exited', this.#exited)
  }

  release(): void {
    this.service.off('started', this.#started)
    this.service.off('exited', this.#exited)
  }

  readonly #started = (): void => {
    this.#ready = true
    this.#readySince = Date.now()
    this.#tell('ready')
  }
  readonly #exited = (): void => {
    this.#ready = false
    this.reading = null
    this.#before = null
    this.#progress = []
    if (this.service.wanted) this.#deaths++
    this.#tell(this.service.wanted ? 'ended' : 'left')
  }

  /** Reads the state of the node. */
  async read(): Promise<void> {
    const { pid, url, running } = this.service
    const text = running ? await metricsOf(url) : null
    // Meanwhile the process may have ended, and another may be in its place.
    if (text === null || !this.service.running || this.service.pid !== pid) {
      this.reading = null
      return
    }
    const now = performance.now()
    this.reading = readingOf(parseExposition(text))
    // The first reply of a process gives the present values of its counters, not what has happened lately. Those of a process that was
    // started since began at 0.
    this.moves += this.#before || this.#deaths > 0 ? progressOf(this.#before, this.reading, 0).moves : 0
    if (this.#before) this.#progress = [...this.#progress, progressOf(this.#before, this.reading, now - this.#readAt)].slice(-WINDOW)
    this.#before = this.reading
    this.#readAt = now
    this.#heard = pid
  }

  get progress(): Progress[] {
    return this.reading ? this.#progress : []
  }

  get state(): NodeState {
    const { running, wanted, pid } = this.service
    if (!running) return wanted ? 'down' : 'gone'
    if (!wanted) return 'draining'
    if (!this.#ready) return 'starting'
    if (this.reading) return 'ready'
    return this.#heard === pid ? 'silent' : 'starting'
  }

  get roundsPerSecond(): number | null {
    if (!this.reading) return null
    const ms = this.progress.reduce((total, part) => total + part.ms, 0)
    return ms === 0 ? 0 : (this.progress.reduce((total, part) => total + part.rounds, 0) * 1000) / ms
  }

  get report(): NodeReport {
    const { name, pid } = this.service
    const p99 = histogramQuantile(together(this.progress), 0.99)
    return {
      name,
      pid,
      state: this.state,
      readySince: this.#readySince,
      deaths: this.#deaths,
      connections: this.reading?.connections ?? null,
      roundsPerSecond: this.roundsPerSecond,
      stepMs: p99 === null ? null : p99 * 1000,
    }
  }
}

async function metricsOf(url: string): Promise<string | null> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(SCRAPE_MS) })
    return response.ok ? await response.text() : null
  } catch {
    return null
  }
}
