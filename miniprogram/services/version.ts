/** Whether a version is older than another; each part is a number: 3.10.0 is newer than 3.9.0. */
export function isOlder(version: string, than: string): boolean {
  const [parts, others] = [version, than].map((text) => text.split('.').map(Number))
  for (let at = 0; at < 3; at += 1) {
    const difference = (parts?.[at] || 0) - (others?.[at] || 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
