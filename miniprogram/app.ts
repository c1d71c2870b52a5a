import { createGameClient } from 'caiquan-client'
import { SERVER_URL } from './services/config'
import { textsFor } from './services/texts'

App({
  game: createGameClient({ url: SERVER_URL }),
  texts: textsFor(wx.getAppBaseInfo().language),

  onLaunch() {
    // A failure shows in the banner, and the client goes on trying.
    this.game.connect().catch(() => undefined)
  },
})
