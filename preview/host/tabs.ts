/** What a tab with the game reports to other pages of this browser; the cluster page listens. */
export interface TabState {
  tab: string
  /** The player's name. */
  player: string
  /** The node that has accepted the tab's connection; empty without one. */
  node: string
}

export type TabMessage = { kind: 'who' } | { kind: 'tab'; state: TabState } | { kind: 'bye'; tab: string }

export const TABS_CHANNEL = 'caiquan.tabs'
