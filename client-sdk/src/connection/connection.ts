import { GameError, isLost, toGameError } from '../game-error.ts'
import { Listeners } from '../util/listeners.ts'
import { isDuration } from '../util/settings.ts'
import { Timer } from '../util/timers.ts'
import { parseAddress } from '../util/url.ts'
import { withTimeout } from '../util/with-timeout.ts'
import { openLink, type Link } from './link.ts'
import { lateAfter, measured, UNMEASURED, type RoundTrips } from './round-trips.ts'
import { INITIAL, statusOf, type ConnectionState, type Effect, type MachineEvent, type RefusalAction, type TimerName } from './state.ts'
import { transition } from './transition.ts'
import type { Connection, ConnectionOptions, RequestOptions } from './types.ts'
import { Waiters } from './waiters.ts'

interface Open {
  link: Link | null
  auth: object
}

/**
 * Keeps one connection to the server for as long as the app wants one: through background, loss and change of network, deploys and dead
 * nodes. `transition` decides what it does; this part acts.
 *
 * The loop is our own because Socket.IO's can neither skip its back-off nor pause.
 */
export function openConnection(options: ConnectionOptions): Connection {
  const { auth, authTimeoutMs, hedge, host, io, onVisible, path, probe, refused, timing } = options
  const address = parseAddress(options.url)
  const onState: Connection['onState'] = new Listeners()
  const onEvent: Connection['onEvent'] = new Listeners()
  const onUp: Connection['onUp'] = new Listeners()

  let machine = INITIAL
  let state: ConnectionState = { status: 'idle', error: null, reason: null, failures: 0 }
  const attempts = new Map<number, Open>()
  const timers: Record<TimerName, Timer> = { retry: new Timer(), hedge: new Timer(), stable: new Timer() }
  const move = new Timer()
  const waiters = new Waiters()
  let acks = UNMEASURED
  let handshakes = UNMEASURED
  const events: MachineEvent[] = []
  const notifications: (() => void)[] = []
  let working = false
  let notifying = false
  let unwatchLife: (() => void) | null = null
  let unwatchNetwork: (() => void) | null = null

  // ---- the machine and its effects ------------------------------------------------------------------------------

  /** Takes in one event. Events that its effects cause at once are queued behind it, and the app is notified when all of them are done. */
  const dispatch = (event: MachineEvent): void => {
    events.push(event)
    if (working) return
    working = true
    for (let next = events.shift(); next; next = events.shift()) {
      const world = { now: Date.now(), random: Math.random(), lateMs: lateMs(handshakes) ?? null, canProbe: probe !== undefined }
      const [after, effects] = transition(machine, next, world, timing)
      machine = after
      effects.forEach(perform)
      publish()
    }
    working = false
    tell()
  }

  const perform = (effect: Effect): void => {
    switch (effect.do) {
      case 'watch':
        watchLife()
        unwatchNetwork = unwatchNetwork || host.onNetwork((kind) => dispatch({ type: 'network', kind, asked: false }))
        return
      case 'unwatch':
        unwatch()
        return
      case 'askNetwork':
        askNetwork()
        return
      case 'login':
        void logIn(effect.id)
        return
      case 'open':
        open(effect)
        return
      case 'drop': {
        const attempt = attempts.get(effect.id)
        attempts.delete(effect.id)
        if (attempt && attempt.link) attempt.link.close()
        return
      }
      case 'probe':
        ask(effect.id)
        return
      case 'timer':
        timers[effect.timer].start(effect.ms, () => dispatch({ type: effect.timer }))
        return
      case 'stop':
        timers[effect.timer].stop()
        return
      case 'up':
        notifications.push(
          () => onUp.emit(),
          () => waiters.settle(null),
        )
        return
      case 'reject': {
        const { error, all } = effect
        notifications.push(() => waiters.settle(error, !all))
      }
    }
  }

  /** Notifies the app, whose listeners may act: notifications that this causes come after the present ones. */
  const tell = (): void => {
    if (notifying) return
    notifying = true
    for (let next = notifications.shift(); next; next = notifications.shift()) next()
    notifying = false
  }

  const publish = (): void => {
    const { error, failures, reason } = machine
    const status = statusOf(machine)
    if (status === state.status && error === state.error && reason === state.reason && failures === state.failures) return
    const now: ConnectionState = { status, error, reason, failures }
    state = now
    notifications.push(() => onState.emit(now))
  }

  // ---- attempts ---------------------------------------------------------------------------------------------------

  const isMain = (id: number): boolean => machine.main !== null && machine.main.id === id

  const logIn = async (id: number): Promise<void> => {
    const begun = Date.now()
    try {
      const credentials = await withTimeout(
        Promise.resolve().then(() => auth()),
        authTimeoutMs,
        'auth',
      )
      if (!isMain(id)) return
      // A login that went over the network shows how slow that is, before any handshake does.
      const ms = Date.now() - begun
      if (!handshakes.mean && ms > timing.lateMinMs) handshakes = measured(handshakes, ms)
      attempts.set(id, { link: null, auth: credentials })
      dispatch({ type: 'credentials', id })
    } catch (error) {
      dispatch({ type: 'unauthenticated', id, error: toGameError(error) })
    }
  }

  const open = ({ id, attempt, slow, beside }: Extract<Effect, { do: 'open' }>): void => {
    const from = attempts.get(beside || id)
    const credentials = from ? from.auth : {}
    const query = Object.assign({}, address.query, hedge && attempt > 1 && { elsewhere: '1', attempt: String(attempt) })
    const openedAt = Date.now()
    const one: Open = { link: null, auth: credentials }
    attempts.set(id, one)
    one.link = openLink(
      {
        io,
        url: address.origin + address.path,
        // On a network so slow that one time-out was not enough, the next attempt gets twice the time.
        connectTimeoutMs: timing.connectTimeoutMs * (slow ? 2 : 1),
        ackTimeoutMs: timing.ackTimeoutMs,
        socketOptions: Object.assign(
          {
            auth: credentials,
            path,
            transports: [io ? 'websocket' : host.transport],
            transportOptions: { websocket: host.transportOptions },
          },
          Object.keys(query).length && { query },
        ),
      },
      {
        up: () => {
          handshakes = measured(handshakes, Date.now() - openedAt)
          dispatch({ type: 'up', id })
        },
        event: (name, args) => onEvent.emit(name, args),
        alive: () => {
          if (!machine.network) dispatch({ type: 'alive', id })
        },
        acknowledged: (ms) => {
          acks = measured(acks, ms)
          dispatch({ type: 'served', id })
        },
        late: () => dispatch({ type: 'late', id }),
        silent: () => dispatch({ type: 'silent', id }),
        refused: (error) => void refuse(id, credentials, error),
        down: (error) => {
          // The server has asked the client to leave: that it closes the connection first is no failure.
          const asked = move.active && !machine.rival
          move.stop()
          dispatch(asked ? { type: 'move', id } : { type: 'down', id, error })
        },
      },
    )
  }

  const refuse = async (id: number, credentials: object, error: GameError): Promise<void> => {
    // A server in trouble says nothing against the credentials.
    let action: RefusalAction = error.temporary || error.retryAfterMs !== undefined ? 'wait' : 'renew'
    if (action === 'renew' && isMain(id)) {
      try {
        action = (await withTimeout(Promise.resolve(refused(credentials, error)), authTimeoutMs, 'refused')) || action
      } catch {
        // A decision that fails does not keep the connection from trying.
      }
    }
    dispatch({ type: 'refused', id, error, action })
  }

  const ask = (id: number): void => {
    const attempt = attempts.get(id)
    if (!probe || !attempt || !attempt.link) return
    const late = new Timer()
    const ms = lateMs(acks)
    if (ms !== undefined) late.start(ms, () => dispatch({ type: 'late', id }))
    const done = (alive: boolean): void => {
      late.stop()
      dispatch({ type: 'probed', id, alive })
    }
    withTimeout(Promise.resolve(attempt.link).then(probe), timing.probeTimeoutMs, 'probe').then(
      () => done(true),
      // A server that replies with an error is alive.
      (error: unknown) => done(error instanceof GameError && (error.fromServer || error.code === 'bad_reply')),
    )
  }

  /** After how many milliseconds a reply of this kind is late; undefined if nothing is to be done about it. */
  const lateMs = (trips: RoundTrips): number | undefined =>
    !hedge || (host.mayHedge && !host.mayHedge())
      ? undefined
      : lateAfter(trips, timing.lateMinMs, timing.lateMaxMs) * Math.pow(2, Math.min(machine.overtakes, 5))

  // ---- the host ---------------------------------------------------------------------------------------------------

  const watchLife = (): void => {
    unwatchLife =
      unwatchLife ||
      host.onVisibility((visible) => {
        if (onVisible) onVisible(visible)
        dispatch({ type: 'visible', visible })
      })
  }
  const unwatch = (): void => {
    if (unwatchLife) unwatchLife()
    if (unwatchNetwork) unwatchNetwork()
    unwatchLife = unwatchNetwork = null
    move.stop()
  }
  const askNetwork = (): void => {
    const watch = unwatchNetwork
    const answered = (kind: string | null): void => {
      // A host that cannot report the network has reported nothing.
      if (kind && watch === unwatchNetwork) dispatch({ type: 'network', kind, asked: true })
    }
    host.networkType().then(answered, () => undefined)
  }

  // ---- those who wait -----------------------------------------------------------------------------------------------

  const currentLink = (): Link | null => {
    const { main } = machine
    const attempt = main && main.phase === 'up' ? attempts.get(main.id) : undefined
    return attempt && attempt.link && attempt.link.up ? attempt.link : null
  }
  const start = (): void => {
    // What was reported since this object was created counts; after `close()` nothing was listened to.
    const seen = unwatchLife ? machine.visible : true
    dispatch({ type: 'start', visible: seen && host.visible() })
  }
  const ended = (): GameError => machine.error || new GameError('closed')

  /** The link once it is up; `hasty` and the end of the wait as in `Waiters.wait`, `until` in local epoch ms. */
  const whenUp = async (hasty: boolean, until?: number): Promise<Link> => {
    for (;;) {
      if (!machine.started) start()
      const link = currentLink()
      if (link) return link
      if (machine.reason) throw ended()
      const ms = until ? Math.max(1, until - Date.now()) : 0
      await waiters.wait(hasty, ms, () => machine.error || new GameError('timeout'))
    }
  }

  // From now on, not from `connect()`: a host cannot be asked whether it shows the app, it only reports changes.
  watchLife()

  return {
    onState,
    onEvent,
    onUp,
    get state() {
      return state
    },
    get up() {
      return currentLink() !== null
    },
    connect() {
      if (!machine.started || machine.reason) start()
      else dispatch({ type: 'connect' })
      const outcome = whenUp(true).then(() => undefined)
      outcome.catch(() => undefined)
      return outcome
    },
    close() {
      dispatch({ type: 'close', reason: 'closed', error: new GameError('closed') })
      unwatch()
    },
    takenOver() {
      if (machine.main) dispatch({ type: 'replaced', id: machine.main.id })
    },
    async request(event, payload?: unknown, requestOptions: RequestOptions = {}) {
      const { ackTimeoutMs, repeat = false, timeoutMs, hedge: mayBeLate = repeat } = requestOptions
      const onceMs = isDuration(ackTimeoutMs) ? ackTimeoutMs : repeat ? timing.ackTimeoutMs : Infinity
      const until = Date.now() + (isDuration(timeoutMs) ? timeoutMs : timing.commandTimeoutMs)
      for (;;) {
        const link = await whenUp(false, until)
        if (!link.up) continue
        const waitMs = Math.min(onceMs, Math.max(1, until - Date.now()))
        try {
          return await link.request(event, payload, waitMs, mayBeLate ? lateMs(acks) : undefined)
        } catch (error) {
          const lost = error instanceof GameError && isLost(error)
          if (lost && machine.reason) throw ended()
          if (!lost || !repeat || Date.now() >= until) throw error
        }
      }
    },
    emit(event, ...args) {
      const link = currentLink()
      if (link) link.emit(event, ...args)
    },
    on: (event, listener) =>
      onEvent.add((name, args) => {
        if (name === event) (listener as (...args: unknown[]) => void)(...args)
      }),
    moveWithin(withinMs) {
      const { main } = machine
      if (!main || !isDuration(withinMs)) return
      const latest = Date.now() + withinMs * 0.8
      const go = (): void => {
        const link = currentLink()
        if (link && link.pending && Date.now() < latest) move.start(50, go)
        else dispatch({ type: 'move', id: main.id })
      }
      move.start(Math.random() * withinMs * 0.5, go)
    },
  }
}
