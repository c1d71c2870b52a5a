import type { feedback } from './feedback'
import type { MatchPageView } from './match-view'

type Seen = Pick<MatchPageView, 'shown' | 'phase' | 'warns' | 'outcome'>

/** Turns what the match page shows into vibrations and sounds, each once. */
export class MatchFeeling {
  private readonly feedback: typeof feedback
  private before: Seen = { shown: false, phase: 'open', warns: false, outcome: '' }

  constructor(all: typeof feedback) {
    this.feedback = all
  }

  take(view: Seen): void {
    const { before } = this
    this.before = view
    // What was there when the page opened has been signalled before.
    if (!before.shown) return
    if (view.phase !== before.phase) {
      if (view.phase === 'count') this.feedback.counting()
      else if (view.phase === 'reveal' && before.phase === 'count') this.feedback.revealed()
      else if (view.phase === 'over' && before.phase !== 'open') this.feedback.ended(view.outcome)
    }
    if (view.warns && !before.warns) this.feedback.warned()
  }
}
