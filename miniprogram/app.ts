import { createGameClient } from 'caiquan-client'
import { showError } from './services/app'
import { watchConnection } from './services/banner'
import { SERVER_URL } from './services/config'
import { Guide } from './services/guide'
import { demandLibrary } from './services/library'
import { keepScreenOn, watchUpdates } from './services/life'
import { Privacy, type PrivacyApi } from './services/privacy'
import { textsFor } from './services/texts'

const game = createGameClient({ url: SERVER_URL })
const { language, SDKVersion } = wx.getAppBaseInfo()
const texts = textsFor(language)

App({
  game,
  texts,
  guide: new Guide({ client: game, texts, showError }),
  privacy: new Privacy(wx as unknown as PrivacyApi),

  onLaunch() {
    this.privacy.start()
    demandLibrary(SDKVersion, texts)
    watchUpdates(game, texts)
    keepScreenOn(game)
    watchConnection(game)
    this.guide.start()
    // A failure is shown in the banner, and the client goes on trying.
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
