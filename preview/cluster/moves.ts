import type { TabState } from '../host/tabs.ts'

/** A player of this browser whose connection moved from one node to another. */
export interface Move {
  /** Epoch ms. */
  at: number
  player: string
  from: string
  to: string
  /** How long they had no connection, ms. */
  ms: number
}

const KEPT = 20

/** Follows the tabs of this browser, and remembers which players have moved. @param now `Date.now`, or a test's */
export function followMoves(now: () => number = Date.now): { moves: readonly Move[]; see(tabs: readonly TabState[]): void } {
  const known = new Map<string, { node: string; lostAt: number | null }>()
  const moves: Move[] = []
  return {
    moves,
    see(tabs) {
      for (const { tab, player, node } of tabs) {
        const before = known.get(tab)
        if (node === '') {
          if (before) before.lostAt ??= now()
          continue
        }
        if (before && before.node !== node) {
          moves.push({ at: now(), player, from: before.node, to: node, ms: before.lostAt === null ? 0 : now() - before.lostAt })
          moves.splice(0, moves.length - KEPT)
        }
        known.set(tab, { node, lostAt: null })
      }
    },
  }
}
