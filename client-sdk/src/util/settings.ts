/** Whether it is a duration that a timer can be set to, in milliseconds. */
export const isDuration = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value < Infinity

/** The defaults with the given durations; `undefined`, `NaN`, negative and infinite ones mean the default. */
export function withDefaults<T extends object>(defaults: T, given: { readonly [K in keyof T]?: T[K] | undefined } | undefined): T {
  const settings = Object.assign({}, defaults)
  for (const key of Object.keys(defaults) as (keyof T)[]) {
    const value = given && given[key]
    if (isDuration(value)) settings[key] = value as T[keyof T]
  }
  return settings
}
