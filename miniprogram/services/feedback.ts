import { play } from './sounds'
import type { Outcome } from './outcome'

const short = (type: 'light' | 'medium' | 'heavy'): void => void wx.vibrateShort({ type })

/** Vibration and sound of a match. Each moment has one of each. */
export const feedback = {
  found(): void {
    void wx.vibrateLong({})
    play('found')
  },
  tapped(): void {
    short('light')
    play('tap')
  },
  counting(): void {
    play('count')
  },
  revealed(): void {
    short('medium')
    play('reveal')
  },
  /** One of the last seconds of a round. */
  hurry(): void {
    short('light')
    play('hurry')
  },
  /** The match is lost if one more round is missed. */
  warned(): void {
    short('heavy')
    play('hurry')
  },
  ended(outcome: Outcome): void {
    if (outcome === 'win') void wx.vibrateLong({})
    else short('heavy')
    if (outcome) play(outcome)
  },
}
