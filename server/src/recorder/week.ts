/** Weeks of ISO 8601 in UTC: from Monday to Sunday, each in the year that has its Thursday. */

const DAY_MS = 86_400_000
export const WEEK_MS = 7 * DAY_MS

/** Midnight before the Monday of the week that holds this time, epoch ms. */
export function weekStart(at: number): number {
  // The epoch began on a Thursday.
  const day = Math.floor(at / DAY_MS)
  return (day - ((((day + 3) % 7) + 7) % 7)) * DAY_MS
}

/** The name of the week that holds this time (epoch ms), for example `2026-W48`. */
export function isoWeek(at: number): string {
  const thursday = weekStart(at) + 3 * DAY_MS
  const year = new Date(thursday).getUTCFullYear()
  const week = Math.floor((thursday - Date.UTC(year, 0, 1)) / WEEK_MS) + 1
  return `${String(year).padStart(4, '0')}-W${String(week).padStart(2, '0')}`
}
