import { GameError } from '../game-error.ts'
import { backoff } from './backoff.ts'
import {
  INITIAL,
  type Attempt,
  type CloseReason,
  type Effect,
  type Machine,
  type MachineEvent,
  type RefusalAction,
  type TimerName,
  type World,
} from './state.ts'
import type { Timing } from './timing.ts'

/** Refused handshakes in a row after which the connection ends. */
export const MAX_REFUSALS = 5
/** Between attempts while the host says that the app is hidden, milliseconds: it may have forgotten to say that it is shown. */
export const HIDDEN_RETRY_MS = 30_000
/** How long after an attempt was given up the server may still take it for the newest connection, milliseconds. */
const ECHO_MS = 30_000
/** Waits that double stop doubling here. */
const DOUBLINGS = 5

/** What a network is for: another kind of it is another address. Empty for what says nothing. */
const family = (kind: string): string => (kind === 'unknown' ? '' : /^\dg$/.test(kind) ? 'cellular' : kind)
const isUp = (attempt: Attempt | null): attempt is Attempt => attempt !== null && attempt.phase === 'up'

/**
 * The whole behaviour of a connection, without a clock, chance or I/O: from what it knows and what happens to what it knows
 * then and what is to be done. At every moment after the start and before the end there is an attempt, a connection, or a
 * timer that leads to one, whatever the host says of visibility and network. Neither the machine nor the event is changed.
 */
export function transition(machine: Machine, event: MachineEvent, world: World, timing: Timing): [Machine, Effect[]] {
  const { now, random, lateMs, canProbe } = world
  const next: { -readonly [K in keyof Machine]: Machine[K] } = Object.assign({}, machine)
  const effects: Effect[] = []

  const act = (effect: Effect): void => void effects.push(effect)
  const startTimer = (timer: TimerName, ms: number): void => act({ do: 'timer', timer, ms })
  const stopTimer = (timer: TimerName): void => act({ do: 'stop', timer })

  const drop = (attempt: Attempt | null): void => {
    if (!attempt) return
    if (next.main === attempt) next.main = null
    if (next.rival === attempt) next.rival = null
    if (attempt.phase === 'handshake') next.givenUpAt = now
    act({ do: 'drop', id: attempt.id })
  }
  const dropAll = (): void => {
    drop(next.main)
    drop(next.rival)
    next.waiting = false
    stopTimer('retry')
    stopTimer('hedge')
    stopTimer('stable')
  }
  /** Tries again after `ms`; later if the host says that the app is hidden or that there is no network. */
  const schedule = (ms: number): void => {
    next.waiting = true
    const atLeast = !next.visible ? HIDDEN_RETRY_MS : !next.network ? timing.maxDelayMs : 0
    startTimer('retry', Math.max(ms, atLeast))
  }
  const begin = (): void => {
    next.waiting = false
    next.main = { id: ++next.lastId, phase: 'login', upAt: 0 }
    next.tries++
    act({ do: 'login', id: next.lastId })
  }
  const renew = (): void => {
    dropAll()
    schedule(0)
  }
  const delay = (): number => backoff(next.failures, random, timing)
  const close = (reason: CloseReason, error: GameError): void => {
    dropAll()
    next.reason = reason
    next.error = error
    act({ do: 'unwatch' })
    act({ do: 'reject', error, all: true })
  }
  /** An attempt failed: those in a hurry are told, and there is another one after a while. */
  const fail = (error: GameError): void => {
    dropAll()
    next.error = error
    // Spread over half as long again, or all who were told the same come back together.
    schedule(Math.max(delay(), (error.retryAfterMs || 0) * (1 + random / 2)))
    next.failures++
    // Why it failed may be that there is no network.
    act({ do: 'askNetwork' })
    act({ do: 'reject', error, all: false })
  }
  /** The second attempt takes the place of the first. */
  const promote = (): void => {
    const { main, rival } = next
    drop(main)
    next.main = rival
    next.rival = null
    stopTimer('stable')
  }
  const probe = (): void => {
    if (!canProbe || !isUp(next.main)) return
    next.doubted = next.probing > 0
    if (next.doubted) return
    next.probing = next.main.id
    act({ do: 'probe', id: next.main.id })
  }

  const hedgeAfter = (factor: number): void => {
    if (lateMs !== null) startTimer('hedge', lateMs * Math.pow(2, Math.min(factor, DOUBLINGS)))
  }
  const hedge = (): void => {
    const { main } = next
    if (lateMs === null || !main || main.phase === 'login' || !next.visible) return
    drop(next.rival)
    next.tries = Math.max(2, next.tries + 1)
    next.rival = { id: ++next.lastId, phase: 'handshake', upAt: 0 }
    act({ do: 'open', id: next.lastId, attempt: next.tries, slow: false, beside: main.id })
    // One that is late as well is replaced; from the third on, each time after twice as long.
    hedgeAfter(next.tries - 2)
  }

  const up = (id: number): void => {
    if (next.rival && next.rival.id === id) {
      // A connection that had to be overtaken counts as one that failed.
      if (isUp(next.main)) next.failures++
      next.overtakes++
      promote()
    } else drop(next.rival)
    next.main = { id, phase: 'up', upAt: now }
    Object.assign(next, { refusals: 0, error: null, network: true, probing: 0, doubted: false })
    stopTimer('hedge')
    startTimer('stable', timing.stableMs)
    act({ do: 'up' })
  }
  const down = (attempt: Attempt, error: GameError): void => {
    if (attempt === next.rival) {
      drop(attempt)
      hedgeAfter(next.tries)
    } else if (next.rival) {
      promote()
      next.error = error
      next.failures++
    } else if (isUp(attempt)) {
      if (now - attempt.upAt >= timing.stableMs && !next.overtakes) next.failures = 0
      dropAll()
      next.error = error
      schedule(delay())
      next.failures++
    } else fail(error)
  }
  /** It gives no answer: another one at once the first time, with growing waits when that is no better. */
  const silent = (): void => {
    if (next.rival) promote()
    else {
      dropAll()
      schedule(next.failures ? delay() : 0)
      // The next attempt is the second one at least: it asks for another node.
      next.tries = Math.max(1, next.tries)
    }
    next.error = new GameError('timeout', 'no acknowledgements')
    next.failures++
    next.overtakes++
  }
  const refused = (attempt: Attempt, error: GameError, action: RefusalAction): void => {
    if (attempt === next.rival) drop(attempt)
    else if (action === 'wait') fail(error)
    else if (action === 'stop' || next.refusals + 1 >= MAX_REFUSALS) close('refused', error)
    // New credentials at once; if those are refused as well, something else is wrong.
    else if (next.refusals++) fail(error)
    else renew()
  }

  const show = (): void => {
    const { main } = next
    const away = now - next.hiddenAt
    // Shown without having been hidden: that was before anybody watched, for nobody knows how long. What is under way then has a
    // time-out of its own. A clock that was set back counts as a long absence.
    const kept = next.visible ? (isUp(main) ? canProbe : main !== null) : isUp(main) && away >= 0 && away < timing.longAbsenceMs
    next.visible = true
    next.failures = 0
    act({ do: 'askNetwork' })
    if (kept) probe()
    else renew()
  }
  const hide = (): void => {
    next.visible = false
    next.hiddenAt = now
    drop(next.rival)
    stopTimer('hedge')
    if (next.waiting) schedule(0)
  }
  const network = (kind: string, asked: boolean): void => {
    const had = next.network
    if (kind === 'none') {
      // A connection that is up says more than what a host answers; what it tells by itself is believed until something comes.
      next.network = asked && isUp(next.main) && had
      if (had && next.waiting) schedule(delay())
      else if (had) probe()
      return
    }
    next.network = true
    const changed = family(kind) !== '' && family(next.kind) !== '' && family(kind) !== family(next.kind)
    if (family(kind)) next.kind = kind
    // That what was asked for is as it was is no reason for anything.
    if (asked && !changed && had) return
    next.failures = 0
    if (changed || next.waiting) renew()
    // The connection may have died without a word.
    else if (isUp(next.main)) probe()
    // An attempt that was begun without a network is not waited for.
    else if (!had) renew()
  }

  if (event.type === 'start') {
    const { lastId, givenUpAt } = machine
    Object.assign(next, INITIAL, { started: true, visible: event.visible, hiddenAt: now, lastId, givenUpAt })
    act({ do: 'watch' })
    act({ do: 'askNetwork' })
    schedule(0)
    return [next, effects]
  }
  if (!machine.started || machine.reason) {
    // Of the time in between only this matters later.
    if (event.type === 'visible') Object.assign(next, { visible: event.visible, hiddenAt: now })
    return [next, effects]
  }

  const { main, rival } = machine
  const attempt = !('id' in event) ? null : main && main.id === event.id ? main : rival && rival.id === event.id ? rival : null
  if ('id' in event && !attempt) return [machine, effects]
  const isMain = attempt === main

  switch (event.type) {
    case 'connect':
      // WeChat does not run an app that stays hidden: a caller now proves that the app is shown.
      if (!next.visible && now - next.hiddenAt >= timing.longAbsenceMs) show()
      else {
        // Somebody waits for it: if what is under way fails, the next one follows soon.
        if (!isUp(next.main)) next.failures = 0
        if (next.visible && next.waiting) {
          next.network = true
          renew()
        } else probe()
        act({ do: 'askNetwork' })
      }
      break
    case 'close':
      close(event.reason, event.error)
      break
    case 'visible':
      if (event.visible) show()
      else if (next.visible) hide()
      break
    case 'network':
      network(event.kind, event.asked)
      break
    case 'credentials':
      next.main = { id: event.id, phase: 'handshake', upAt: 0 }
      act({ do: 'open', id: event.id, attempt: next.tries, slow: next.failures > 0, beside: 0 })
      hedgeAfter(0)
      break
    case 'unauthenticated':
      if (event.error.code === 'blocked') close('refused', event.error)
      else fail(event.error)
      break
    case 'up':
      up(event.id)
      break
    case 'down':
      down(attempt as Attempt, event.error)
      break
    case 'refused':
      refused(attempt as Attempt, event.error, event.action)
      break
    case 'heard':
      if (isMain) next.network = true
      break
    case 'served':
      if (!isMain || (!next.tries && !next.overtakes && next.network)) return [machine, effects]
      // It was late, not dead: what was begun beside it is not needed.
      drop(next.rival)
      Object.assign(next, { network: true, tries: 0, overtakes: 0 })
      stopTimer('hedge')
      break
    case 'late':
      if (isMain && isUp(attempt) && !next.rival) hedge()
      break
    case 'silent':
      if (isMain) silent()
      break
    case 'probed':
      next.probing = 0
      if (event.alive) {
        next.network = true
        if (next.doubted) probe()
      } else silent()
      break
    case 'replaced':
      if (!isMain) break
      // A newer connection of its own took over, or one that was given up before it was ready: nobody else did.
      if (next.rival) promote()
      else if (now - next.givenUpAt < ECHO_MS) renew()
      else close('replaced', new GameError('replaced'))
      break
    case 'move':
      if (isMain) renew()
      break
    case 'retry':
      if (next.waiting) begin()
      break
    case 'hedge':
      hedge()
      break
    case 'stable':
      if (isUp(next.main) && !next.overtakes) next.failures = 0
  }
  return [next, effects]
}
