/** Whether two values that came from JSON are equal, whatever the order of their keys. */
export function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b || Array.isArray(a) !== Array.isArray(b)) return false
  const one = a as Record<string, unknown>
  const two = b as Record<string, unknown>
  const keys = Object.keys(one).filter((key) => one[key] !== undefined)
  return keys.length === Object.keys(two).filter((key) => two[key] !== undefined).length && keys.every((key) => equal(one[key], two[key]))
}
