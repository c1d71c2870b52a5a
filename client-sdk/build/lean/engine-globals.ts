/** The original finds the global object with `Function('return this')`, an eval that mini programs forbid. */
export const nextTick = (run: () => void): Promise<void> => Promise.resolve().then(run)
export const globalThisShim = {}
export const defaultBinaryType = 'arraybuffer'
