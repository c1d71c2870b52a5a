/**
 * The number of a format stands for everything that one node writes and another one reads: matches, messages between nodes (which carry the
 * setup's number), tickets, pairs, and entries of the outbox. All of them are objects with named fields, of which a reader takes those that
 * it knows, so a new field needs no new number. What an older reader would misread is written in its new form only once
 * `Registry.format()`, which recorders take part in too, has reached the new number.
 *
 * This file holds how a match is written as text. Nodes of two releases run side by side during every deploy, so a match keeps the format
 * in which it was made, and a node makes matches only in a format that every live node has announced.
 *
 * To change what is stored: add a format with the next number here and keep the one before for one release.
 */
import type { Match, MatchSetup } from './match.ts'

/** The part of a match that is stored as its state: everything but its setup and the fields of the commit's envelope. */
export type MatchState = Omit<Match, 'id' | 'setup' | 'version' | 'status' | 'fenced'> & {
  /** `fenced`, under the name that nodes of earlier releases read. */
  barred: Match['fenced']
}
/** The part of a match that a format encodes. */
export type DecodedState = Omit<Match, 'id' | 'setup' | 'version' | 'status'>

export interface Format {
  encodeState(match: Match): string
  decodeState(text: string): DecodedState
}

/** Formats by number. */
export type Formats = ReadonlyMap<number, Format>

const FORMAT_1: Format = {
  encodeState: ({ round, seats, moves, game, lastRound, result, again, next, fenced }) =>
    JSON.stringify({ round, seats, moves, game, lastRound, result, again, next, barred: fenced } satisfies MatchState),
  decodeState: (text) => {
    const { round, seats, moves, game, lastRound, result, again, next, barred: fenced } = JSON.parse(text) as MatchState
    return { round, seats, moves, game, lastRound, result, again, next, fenced }
  },
}

/** The formats that this release reads and writes. */
export const FORMATS: Formats = new Map([[1, FORMAT_1]])

/** A match in a format that this node does not know: a newer release made it, against the rule above. */
export class UnknownFormatError extends Error {
  override readonly name = 'UnknownFormatError'
}

export function formatOf(formats: Formats, setup: MatchSetup): Format {
  const format = formats.get(setup.format)
  if (!format) throw new UnknownFormatError(`match format ${setup.format} is not known to this release`)
  return format
}
