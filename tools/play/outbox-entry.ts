/**
 * The fields of an entry of the outbox, as XADD takes them: an event in the plain form of release 0.1, which the recorder
 * still reads. Tests and benchmarks append matches of any kind with it, at any time.
 */
export const fieldsOf = (event: Record<string, string | number>): (string | number)[] => Object.entries(event).flat()
