/**
 * The clients of one app by server, kept where every copy of this package finds them: the main package and each subpackage may have a copy.
 */
const KEY = Symbol.for('caiquan-client/1')
/** For a `wx` that accepts no further property: then each copy of the package has its own clients. */
const apart = new WeakMap<object, Record<string, unknown>>()

/**
 * What the copies of this package share on this app's `wx`, by key. Only our own property is read: some hosts warn when an absent one is
 * read.
 */
export function registryOf<T>(wx: object): Record<string, T | undefined> {
  const own = Object.getOwnPropertyDescriptor(wx, KEY)
  const known = (own && (own.value as Record<string, unknown>)) || apart.get(wx)
  if (known) return known as Record<string, T | undefined>
  const fresh: Record<string, T | undefined> = {}
  try {
    Object.defineProperty(wx, KEY, { value: fresh, configurable: true })
  } catch {
    apart.set(wx, fresh)
  }
  return fresh
}
