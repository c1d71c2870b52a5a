import { createGameClient, type GameError } from 'caiquan-client'
import { SERVER_URL } from './config'
import { buttonAt, paint, type Pencil } from './paint'
import { revealing, sceneOf, type Action, type Scene } from './scene'
import { textsFor } from './texts'

// The first canvas is the screen.
const canvas = wx.createCanvas()
const { windowWidth: width, windowHeight: height, pixelRatio: ratio, safeArea } = wx.getWindowInfo()
canvas.width = width * ratio
canvas.height = height * ratio
const pencil = canvas.getContext('2d') as unknown as Pencil

const { language, theme } = wx.getAppBaseInfo()
const texts = textsFor(language || 'zh')
const area = safeArea
  ? { left: safeArea.left, top: safeArea.top, width: safeArea.width, height: safeArea.height }
  : { left: 0, top: 0, width, height }

const game = createGameClient({ url: SERVER_URL })
let asked = ''
let dismissed = ''
let failure = ''
let scene: Scene = { lines: [], buttons: [] }
let later: ReturnType<typeof setTimeout> | undefined

/** Draws the current state. Called only for changes and for the seconds of the clock: an unchanged screen costs nothing. */
function draw(): void {
  const { snapshot } = game
  const { match } = snapshot
  const now = game.serverNow()
  scene = sceneOf(snapshot, {
    area,
    texts,
    now,
    failure,
    remainingMs: game.remainingMs(),
    asked: match !== null && asked === match.id,
    dismissed: match !== null && dismissed === match.id,
  })
  paint(pencil, scene, { width, height, ratio, theme: theme === 'dark' ? 'dark' : 'light' })
  if (later !== undefined) clearTimeout(later)
  // When the decided round has been shown, the hands open.
  if (match && revealing(match, now)) later = setTimeout(draw, (match.opensAt || 0) - now)
}

const ACTIONS: Record<Exclude<Action, 'rock' | 'paper' | 'scissors' | 'back'>, () => Promise<unknown>> = {
  find: () => game.find({ mode: 'casual', bestOf: 3 }),
  bot: () => game.find({ mode: 'practice', bestOf: 3 }),
  cancel: () => game.cancel(),
  leave: () => game.leave(),
  again: () => game.rematch(),
  connect: () => game.connect(),
}

function act(action: Action): void {
  failure = ''
  const id = game.match ? game.match.id : ''
  if (action === 'back') {
    dismissed = id
    draw()
    return
  }
  if (action === 'again') asked = id
  const done = action === 'rock' || action === 'paper' || action === 'scissors' ? game.move(action) : ACTIONS[action]()
  done.catch((error: GameError) => {
    // The player has changed their mind, or the round ended first: nothing went wrong.
    if (error.code === 'cancelled' || error.code === 'stale_round') return
    if (action === 'again') asked = ''
    failure = texts.failed
    console.warn(error.code, error.message)
    draw()
  })
  draw()
}

wx.onTouchStart(({ touches }) => {
  const [touch] = touches
  const button = touch && buttonAt(scene, touch.clientX, touch.clientY)
  if (button) act(button.action)
})
// With each change of the snapshot, and with each second of an open round.
game.countdown(draw, 1000)
game.connect().catch((error: GameError) => console.warn(error.code, error.message))
