/** Replies of scripts are lists of alternating names and values, so that nothing depends on a position. */
export type Fields = Record<string, string | undefined>

/** @param reply alternating names and values; a value may be a list itself */
export function fieldsOf(reply: unknown): Fields {
  const flat = reply as string[]
  const fields: Fields = {}
  for (let i = 0; i + 1 < flat.length; i += 2) fields[flat[i] ?? ''] = flat[i + 1]
  return fields
}
