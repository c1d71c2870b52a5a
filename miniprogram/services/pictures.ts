import type { PublicPlayer } from 'caiquan-client'

/** Colours of backgrounds and of the drawings on them: each pair keeps its contrast in both themes. */
const COLOURS = [
  ['#F6B89C', '#6B2A17'],
  ['#F5D36E', '#5C4306'],
  ['#BFDDA0', '#2C4A14'],
  ['#9ED8CB', '#0F4A40'],
  ['#A8CDF0', '#123F66'],
  ['#C3BDF2', '#332B78'],
  ['#EDB7DA', '#6A1C4F'],
  ['#D9C6B0', '#4E3821'],
] as const

const EYES = [
  '<circle cx="36" cy="46" r="5"/><circle cx="60" cy="46" r="5"/>',
  '<path d="M30 48q6-9 12 0M54 48q6-9 12 0"/>',
  '<path d="M31 46h10M55 46h10"/>',
  '<circle cx="36" cy="46" r="5"/><path d="M54 48q6-9 12 0"/>',
  '<circle cx="36" cy="46" r="7.5"/><circle cx="60" cy="46" r="7.5"/>',
]
const MOUTHS = [
  '<path d="M36 64q12 12 24 0"/>',
  '<path d="M38 67h20"/>',
  '<circle cx="48" cy="67" r="6"/>',
  '<path d="M36 62q12 16 24 0z"/>',
  '<path d="M40 64q8 8 16 0"/>',
]
const TOPS = [
  '<path d="M22 34 26 12l16 12M74 34 70 12 54 24"/>',
  '<path d="M48 22V8M40 10q8-8 16 0"/>',
  '<path d="M26 26q22-20 44 0"/>',
  '<path d="M30 26V10M42 22V6M54 22V6M66 26V10"/>',
  '<circle cx="24" cy="22" r="8"/><circle cx="72" cy="22" r="8"/>',
  '',
]

/** FNV-1a: the same id gives the same picture on every phone. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  // The last characters of an id must affect every digit that is used below.
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}

/** A friendly face for a player without a picture of their own, as a data URI, derived from the player id alone. */
export function faceOf(id: string): string {
  let rest = hashOf(id)
  const pick = <T>(all: readonly T[]): T => {
    const one = all[rest % all.length] as T
    rest = Math.floor(rest / all.length)
    return one
  }
  const [ground, ink] = pick(COLOURS)
  const parts = pick(TOPS) + pick(EYES) + pick(MOUTHS)
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><rect width="96" height="96" fill="${ground}"/>` +
    `<circle cx="48" cy="54" r="33" fill="#fff" fill-opacity=".45"/>` +
    `<g fill="none" stroke="${ink}" stroke-width="5" stroke-linecap="round" stroke-linejoin="round">${parts}</g></svg>`
  return `data:image/svg+xml,${encodeURIComponent(svg)}`
}

/** The picture of a player: their own, else the generated one. Empty while the player is not known. */
export const pictureOf = (player: Pick<PublicPlayer, 'id' | 'avatarUrl'> | null | undefined): string =>
  player ? player.avatarUrl || faceOf(player.id) : ''
