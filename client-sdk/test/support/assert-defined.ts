/** Returns the value, which must be defined; a test that is wrong about that fails here. */
export function assertDefined<T>(value: T | null | undefined, what = 'a value'): T {
  if (value === null || value === undefined) throw new Error(`${what} is missing`)
  return value
}
