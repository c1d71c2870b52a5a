/**
 * What a game must declare to its players in mainland China, and whom they can contact. Fill in `operator`, `contact` and `filing` before a
 * release: `npm run check:release` asks for them.
 */
export const NOTICES = {
  /** The operator of this game, as registered with WeChat. */
  operator: '',
  /** An e-mail address or telephone number for players. */
  contact: '',
  /** The number of the filing (备案号), if there is one. */
  filing: '',
  /** The age from which the game is suitable: 8, 12 or 16, as in the standard for age hints. */
  age: 8,
  /** 健康游戏忠告, in the wording of the National Press and Publication Administration. */
  health: '抵制不良游戏，拒绝盗版游戏。注意自我保护，谨防受骗上当。适度游戏益脑，沉迷游戏伤身。合理安排时间，享受健康生活。',
}

/** The packages in the bundle of the SDK; their licences are in the package, in THIRD-PARTY.txt. */
export const LICENCES = [
  'Caiquan',
  'socket.io-client',
  'engine.io-client',
  'socket.io-parser',
  'engine.io-parser',
  '@socket.io/component-emitter',
].map((name) => `${name} · MIT`)
