/** The back-off of `socket.io-client`'s own reconnection, without its unused defaults. */
export class Backoff {
  attempts = 0
  private min: number
  private max: number
  private jitter: number

  constructor({ min, max, jitter }: { min: number; max: number; jitter: number }) {
    this.min = min
    this.max = max
    this.jitter = jitter
  }

  duration(): number {
    const ms = this.min * Math.pow(2, this.attempts++)
    return Math.floor(Math.min(ms + ms * this.jitter * (Math.random() * 2 - 1), this.max))
  }

  reset(): void {
    this.attempts = 0
  }

  setMin(ms: number): void {
    this.min = ms
  }

  setMax(ms: number): void {
    this.max = ms
  }

  setJitter(jitter: number): void {
    this.jitter = jitter
  }
}
