import { createGameClient } from 'caiquan-client'
import { showError } from './services/app'
import { watchConnection } from './services/banner'
import { SERVER_URL } from './services/config'
import { Guide } from './services/guide'
import { demandLibrary } from './services/library'
import { keepScreenOn, watchUpdates } from './services/life'
import { Privacy } from './services/privacy'
import { textsFor } from './services/texts'

const game = createGameClient({ url: SERVER_URL })
const { language, SDKVersion } = wx.getAppBaseInfo()
const texts = textsFor(language)

App({
  game,
  texts,
  privacy: new Privacy(texts),
  guide: new Guide({ client: game, texts, showError }),

  onLaunch() {
    demandLibrary(SDKVersion, texts)
    watchUpdates(game, texts)
    this.privacy.start()
    keepScreenOn(game)
    watchConnection(game)
    this.guide.start()
    // A failure shows in the banner, and the client goes on trying.
    game.connect().catch(() => undefined)
    game.subscribe(({ connection }, stop) => {
      if (connection.status !== 'online') return
      stop()
      this.guide.lookBack().catch(() => undefined)
    })
  },
  onShow() {
    this.guide.entered()
  },
})
