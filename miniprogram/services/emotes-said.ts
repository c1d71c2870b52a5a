import type { Emote } from 'caiquan-client'

/** How long an emote stays over its player, ms. */
const EMOTE_MS = 2500

export type Side = 'mine' | 'theirs'

/** The visible emotes: the last one of each side, for a moment. */
export class EmotesSaid {
  private readonly onChange: (said: Partial<Record<`${Side}Says`, Emote | ''>>) => void
  private readonly stops: Record<Side, () => void> = { mine: () => undefined, theirs: () => undefined }

  constructor(onChange: EmotesSaid['onChange']) {
    this.onChange = onChange
  }

  say(side: Side, emote: Emote): void {
    this.stops[side]()
    this.onChange({ [`${side}Says`]: emote })
    const timer = setTimeout(() => this.onChange({ [`${side}Says`]: '' }), EMOTE_MS)
    this.stops[side] = () => clearTimeout(timer)
  }

  close(): void {
    this.stops.mine()
    this.stops.theirs()
  }
}
