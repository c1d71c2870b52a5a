import { seeded } from './random.ts'

export interface PhoneOptions {
  seed?: number
  /** Whether sockets that die in the background or with the network report it. Default: the seed decides each time. */
  closeEvents?: 'always' | 'never'
  /** Milliseconds by which events that were due while the app was frozen come late after it is shown. Default 0: at once, in order. */
  lateMs?: number
  /** Milliseconds in the background after which the app's code no longer runs. Default 5000, as in WeChat. */
  freezeAfterMs?: number
  /** Milliseconds in the background after which the phone drops the app's sockets. Default 20000. */
  dropAfterMs?: number
}

type Task = () => void
interface PhoneTimer {
  handle: NodeJS.Timeout
}

/**
 * The phone under the app: whether it is on screen, which network there is, and whether the app's code runs. Timers and callbacks of the
 * app go through it, so that it can freeze them as phones do.
 */
export class Phone {
  readonly random: () => number
  readonly options: Required<Omit<PhoneOptions, 'seed' | 'closeEvents'>> & Pick<PhoneOptions, 'closeEvents'>
  visible = true
  network = 'wifi'
  /** Errors of the app's own code, and calls of it that a real phone would not allow. */
  readonly faults: unknown[] = []
  readonly onVisible = new Set<(visible: boolean) => void>()
  readonly onNetwork = new Set<(type: string) => void>()
  /** Called when every socket of the app is dead; `notify` says whether the app is notified. */
  readonly onDrop = new Set<(notify: boolean) => void>()

  private frozen = false
  private held: Task[] = []
  /** The system's own notifications, which come in order, and first. */
  private notifications: Task[] = []
  private readonly timers = new Set<PhoneTimer>()
  private readonly own = new Set<NodeJS.Timeout>()

  constructor({ seed = 1, closeEvents, ...options }: PhoneOptions = {}) {
    this.random = seeded(seed)
    this.options = { lateMs: 0, freezeAfterMs: 5000, dropAfterMs: 20_000, closeEvents, ...options }
  }

  /** Timers of the app that have yet to fire. */
  get timersRunning(): number {
    return this.timers.size
  }

  /** Runs app code: later, never from within a call of the app's own, and not while it is frozen. */
  run(task: Task): void {
    setImmediate(() => this.enter(task))
  }

  private notify(task: Task): void {
    this.notifications.push(task)
    setImmediate(() => this.tellAll())
  }

  private tellAll(): void {
    if (this.frozen) return
    const { notifications } = this
    this.notifications = []
    for (const task of notifications) this.enter(task)
  }

  hide(): void {
    if (!this.visible) return
    this.visible = false
    for (const listener of this.onVisible) this.notify(() => listener(false))
    this.after(this.options.freezeAfterMs, () => {
      this.frozen = true
    })
    this.after(this.options.dropAfterMs, () => this.dropSockets())
  }

  show(): void {
    if (this.visible) return
    this.visible = true
    for (const timer of this.own) clearTimeout(timer)
    this.own.clear()
    const { held } = this
    this.held = []
    this.frozen = false
    for (const listener of this.onVisible) this.notify(() => listener(true))
    // Tasks that were due meanwhile. Phones run them after the app is shown, some of them long after.
    for (const task of held) setTimeout(() => this.enter(task), this.options.lateMs * this.random())
  }

  /** Another network, or `none`; either ends the existing sockets. */
  setNetwork(type: string): void {
    if (type === this.network) return
    this.network = type
    this.dropSockets()
    for (const listener of this.onNetwork) this.notify(() => listener(type))
  }

  dropSockets(): void {
    const { closeEvents } = this.options
    const notify = closeEvents ? closeEvents === 'always' : this.random() < 0.5
    for (const listener of this.onDrop) listener(notify)
  }

  setTimeout = (task: Task, delayMs = 0): PhoneTimer => {
    const timer: PhoneTimer = {
      handle: setTimeout(() => {
        this.enter(() => {
          // It may have been cleared while it was held back.
          if (this.timers.delete(timer)) task()
        })
      }, delayMs),
    }
    this.timers.add(timer)
    return timer
  }

  clearTimeout = (timer: PhoneTimer | undefined): void => {
    if (!timer) return
    clearTimeout(timer.handle)
    this.timers.delete(timer)
  }

  /** Ends everything of the phone's own. */
  off(): void {
    for (const timer of this.own) clearTimeout(timer)
    for (const timer of this.timers) clearTimeout(timer.handle)
    this.timers.clear()
    this.onDrop.forEach((listener) => listener(false))
  }

  private enter(task: Task): void {
    if (this.frozen) {
      this.held.push(() => this.enter(task))
      return
    }
    try {
      task()
    } catch (error) {
      this.faults.push(error)
    }
  }

  private after(delayMs: number, task: Task): void {
    const timer = setTimeout(() => {
      this.own.delete(timer)
      task()
    }, delayMs)
    this.own.add(timer)
  }
}
