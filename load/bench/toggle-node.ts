/**
 * Loaded into a node that is compared with itself: switches what TOGGLE names on and off, by the wall clock, so that the measuring process
 * knows which half of the time is which.
 */
import { isOn, TOGGLE_MS, type Toggle } from './toggle-clock.ts'

const { toggle } = (await import(process.env['TOGGLE'] ?? '')) as { toggle: Toggle }
let on = false

function follow(): void {
  const now = Date.now()
  if (isOn(now) !== on) {
    on = !on
    if (on) toggle.on()
    else toggle.off()
  }
  setTimeout(follow, TOGGLE_MS - (now % TOGGLE_MS)).unref()
}
follow()
