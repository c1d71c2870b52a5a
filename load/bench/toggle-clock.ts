/** A switch of a node that can be changed while it runs. `off` is the normal state, `on` the change under test. */
export interface Toggle {
  on(): void
  off(): void
}

/** Short, so that what slows the machine down for a while slows both halves. */
export const TOGGLE_MS = 400

/** Which half this moment belongs to, epoch ms. */
export const isOn = (now: number): boolean => Math.floor(now / TOGGLE_MS) % 2 === 1
