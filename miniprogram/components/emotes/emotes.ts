import { EMOTES, type Emote } from 'caiquan-client'
import { showError, game, texts } from '../../services/app'

/** The emotes to choose from; sends the one that is chosen. */
Component({
  data: {
    label: texts().emotes,
    emotes: EMOTES.map((emote) => ({ emote, label: texts().emote[emote] })),
  },
  methods: {
    say(event: WechatMiniprogram.TouchEvent) {
      game()
        .emote((event.currentTarget.dataset as { emote: Emote }).emote)
        .catch(showError)
      this.triggerEvent('said')
    },
    /** A tap beside the pictures is not a tap outside. */
    stay() {},
  },
})
