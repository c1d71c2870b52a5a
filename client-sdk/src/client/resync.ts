import type { AnyView } from './protocol-types.ts'

/** When to ask a silent server, in milliseconds. */
export interface ResyncOptions {
  /** After a deadline, until the decision is overdue. Default 1200. */
  deadlineGraceMs: number
  /** After an acknowledgement with a version that was never seen, until its view is overdue. Default 1000. */
  gapGraceMs: number
}

/**
 * The local time at which to ask for the view, or null. Views are whole, so a missing version matters only until a newer one arrives: the
 * server is known to have a later one (`knownVersion`, since `knownSince`), or the round's deadline has passed in silence.
 * @param offset server time − local time
 */
export function resyncAt(
  view: AnyView | null,
  knownVersion: number,
  knownSince: number,
  offset: number,
  options: ResyncOptions,
): number | null {
  if (!view || view.status === 'finished') return null
  const gap = knownVersion > view.version ? knownSince + options.gapGraceMs : Infinity
  const overdue = view.status === 'playing' && view.deadlineAt !== null ? view.deadlineAt - offset + options.deadlineGraceMs : Infinity
  const at = Math.min(gap, overdue)
  return at === Infinity ? null : at
}
