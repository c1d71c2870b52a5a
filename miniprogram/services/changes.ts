type Data = Record<string, unknown>

/** The keys of `next` whose values differ from what is shown: all that `setData` needs. Values are plain data. */
export function changesOf(shown: Data, next: Data): Data {
  const changes: Data = {}
  for (const key of Object.keys(next)) if (JSON.stringify(shown[key]) !== JSON.stringify(next[key])) changes[key] = next[key]
  return changes
}
