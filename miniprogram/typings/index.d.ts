/// <reference types="miniprogram-api-typings" />

interface CaiquanApp {
  readonly game: import('caiquan-client').GameClient
  readonly texts: import('../services/texts').Texts
  readonly guide: import('../services/guide').Guide
  readonly privacy: import('../services/privacy').Privacy
}
