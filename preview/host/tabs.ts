/** What a tab with the game says of itself to other pages of this browser; the cluster page listens. */
export interface TabState {
  tab: string
  /** What the player is called. */
  player: string
  /** The node that has taken the tab's connection; empty without one. */
  node: string
}

export type TabMessage = { kind: 'who' } | { kind: 'tab'; state: TabState } | { kind: 'bye'; tab: string }

export const TABS_CHANNEL = 'caiquan.tabs'
