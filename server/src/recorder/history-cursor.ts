/** A cursor in a history that runs from new to old: the match after which to read on. */
export interface HistoryCursor {
  /** Epoch ms. */
  endedAt: number
  id: string
}

/** DATETIME ends with the year 9999. */
const END_OF_TIME = Date.UTC(9999, 11, 31)
const TEXT = /^(\d{1,15})\.(\d{1,4}-[0-9a-z]{21})$/

/** Before everything that is recorded. */
export const NEWEST: HistoryCursor = { endedAt: END_OF_TIME, id: '' }

/** The cursor as it goes over the wire. Clients pass it back as it is. */
export const encodeCursor = ({ endedAt, id }: HistoryCursor): string => Buffer.from(`${endedAt}.${id}`).toString('base64url')

/** Null for a text that `encodeCursor` does not make. */
export function decodeCursor(cursor: string): HistoryCursor | null {
  const [, endedAt, id] = TEXT.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? []
  if (endedAt === undefined || id === undefined) return null
  const place = { endedAt: Number(endedAt), id }
  return place.endedAt <= END_OF_TIME && encodeCursor(place) === cursor ? place : null
}
