/** Timers looked up when they are used, not when this file is loaded, and a cache buster. */
declare function setTimeout(run: () => void, ms: number): unknown
declare function clearTimeout(timer: unknown): void

export function installTimerFunctions(target: { setTimeoutFn?: unknown; clearTimeoutFn?: unknown }): void {
  target.setTimeoutFn = (run: () => void, ms: number) => setTimeout(run, ms)
  target.clearTimeoutFn = (timer: unknown) => clearTimeout(timer)
}

export const randomString = (): string => Date.now().toString(36) + Math.random().toString(36).slice(2, 5)
