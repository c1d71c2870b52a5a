import { GameError } from '../../src/game-error.ts'
import { INITIAL, type Effect, type Machine, type MachineEvent, type TimerName } from '../../src/connection/state.ts'
import { TIMING } from '../../src/connection/timing.ts'
import { transition } from '../../src/connection/transition.ts'

interface Due {
  at: number
  event: MachineEvent
  timer?: TimerName
  id?: number
}

/** How a server treats a handshake, and how long that takes. */
export interface Server {
  reaches: 'answers' | 'refuses' | 'fails' | 'hangs'
  ms: number
}

/**
 * A connection's machine in virtual time, with a server that may fail and a host that may report anything. Logins, handshakes and probes
 * take their time; `machine` is never changed in place (it is frozen), and the invariants are checked after each event.
 */
export class MachineWorld {
  now = 1_000_000
  machine: Machine = INITIAL
  server: Server = { reaches: 'answers', ms: 50 }
  /** Whether links that are up reply to probes and acknowledge. */
  alive = true
  /** Links that were opened and not dropped. */
  readonly links = new Set<number>()
  readonly done: Effect[] = []
  readonly canProbe: boolean
  readonly hedge: boolean
  private due: Due[] = []
  private random: () => number

  constructor({ canProbe = true, hedge = true, random = () => 0.5 }: { canProbe?: boolean; hedge?: boolean; random?: () => number } = {}) {
    this.canProbe = canProbe
    this.hedge = hedge
    this.random = random
  }

  get up(): boolean {
    return this.machine.main?.phase === 'up'
  }

  send(event: MachineEvent): void {
    const world = { now: this.now, random: this.random(), lateMs: this.hedge ? 1000 : null, canProbe: this.canProbe }
    const [next, effects] = transition(Object.freeze(this.machine), event, world, TIMING)
    this.machine = next
    for (const effect of effects) this.perform(effect)
    this.check(event)
  }

  /** Lets virtual time pass, with everything that is due in it. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = this.due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (!next) break
      this.due.splice(this.due.indexOf(next), 1)
      this.now = Math.max(this.now, next.at)
      this.send(next.event)
    }
    this.now = end
  }

  /** Sets the phone's clock forwards or back; timers are not affected. */
  setClock(ms: number): void {
    this.now += ms
    for (const due of this.due) due.at += ms
  }

  timer(name: TimerName): number | null {
    const found = this.due.find(({ timer }) => timer === name)
    return found ? found.at - this.now : null
  }

  private later(ms: number, event: MachineEvent, key: { timer?: TimerName; id?: number } = {}): void {
    this.due.push({ at: this.now + ms, event, ...key })
  }

  private perform(effect: Effect): void {
    this.done.push(effect)
    if (effect.do === 'timer') {
      this.due = this.due.filter(({ timer }) => timer !== effect.timer)
      this.later(effect.ms, { type: effect.timer }, { timer: effect.timer })
    } else if (effect.do === 'stop') {
      this.due = this.due.filter(({ timer }) => timer !== effect.timer)
    } else if (effect.do === 'login') {
      this.later(20, { type: 'credentials', id: effect.id })
    } else if (effect.do === 'open') {
      this.links.add(effect.id)
      const { reaches, ms } = this.server
      const { id } = effect
      if (reaches === 'answers') this.later(ms, { type: 'up', id }, { id })
      else if (reaches === 'refuses') this.later(ms, { type: 'refused', id, error: new GameError('refused'), action: 'wait' }, { id })
      else this.later(reaches === 'fails' ? ms : TIMING.connectTimeoutMs, { type: 'down', id, error: new GameError('network') }, { id })
    } else if (effect.do === 'drop') {
      this.links.delete(effect.id)
      this.due = this.due.filter(({ id }) => id !== effect.id)
    } else if (effect.do === 'probe') {
      this.later(this.alive ? 30 : TIMING.probeTimeoutMs, { type: 'probed', id: effect.id, alive: this.alive })
    }
  }

  private check(event: MachineEvent): void {
    const { main, rival, reason, started, waiting } = this.machine
    const describe = (what: string): string => `${what} after ${JSON.stringify(event)}: ${JSON.stringify(this.machine)}`
    const running = started && !reason
    if (running && !main && !waiting) throw new Error(describe('nothing is in progress'))
    if (running && waiting && this.timer('retry') === null) throw new Error(describe('it waits for a timer that does not run'))
    if (rival && (!main || rival.phase !== 'handshake')) throw new Error(describe('a second attempt without a first'))
    const own = [main, rival].filter((one) => one && one.phase !== 'login').map((one) => one?.id)
    if (this.links.size !== own.length || own.some((id) => !this.links.has(id as number)))
      throw new Error(describe(`links ${[...this.links].join(' ')}`))
    if (!running && this.due.some(({ timer }) => timer)) throw new Error(describe('a timer runs'))
  }
}
