import { NOBODY } from '../../services/side-view'

/** One player of a match: picture, name, round wins, and the emote that they have just sent. */
Component({
  properties: {
    side: { type: Object, value: NOBODY },
    /** Marks the player who is looking at the page. */
    you: { type: String, value: '' },
    /** The emote; empty while there is none. */
    says: { type: String, value: '' },
    saysLabel: { type: String, value: '' },
  },
})
