/** `@socket.io/component-emitter` without `Emitter(object)` and its lesser-used aliases. */
type Listener = ((...args: unknown[]) => void) & { fn?: Listener }

export class Emitter {
  _callbacks: Record<string, Listener[]> = {}

  on(event: string, fn: Listener): this {
    const key = `$${event}`
    // A new array, so that an event under way is not disturbed.
    this._callbacks[key] = (this._callbacks[key] || []).concat(fn)
    return this
  }

  once(event: string, fn: Listener): this {
    const on: Listener = (...args) => {
      this.off(event, on)
      fn.apply(this, args)
    }
    on.fn = fn
    return this.on(event, on)
  }

  off(event?: string, fn?: Listener): this {
    const key = `$${event}`
    const listeners = this._callbacks[key]
    if (event === undefined) this._callbacks = {}
    else if (fn === undefined) delete this._callbacks[key]
    else if (listeners) {
      const at = listeners.findIndex((other) => other === fn || other.fn === fn)
      if (at !== -1) this._callbacks[key] = listeners.filter((_, i) => i !== at)
    }
    return this
  }

  emit(event: string, ...args: unknown[]): this {
    for (const fn of this.listeners(event)) fn.apply(this, args)
    return this
  }

  /** The same past a subclass's own `emit`. */
  emitReserved(event: string, ...args: unknown[]): this {
    return Emitter.prototype.emit.call(this, event, ...args) as this
  }

  removeAllListeners(event?: string): this {
    return this.off(event)
  }

  listeners(event: string): Listener[] {
    return this._callbacks[`$${event}`] || []
  }

  hasListeners(event: string): boolean {
    return this.listeners(event).length > 0
  }
}
