import type { MatchPageView } from './match-view'
import { shortName } from './names'
import { fill, type Texts } from './texts'

/** WeChat shows shared pictures at 5 : 4, px. */
const WIDTH = 500
const HEIGHT = 400

const COLOURS = { win: '#1E7B63', loss: '#B3372A', draw: '#8A5A00' } as const
const INK = '#22242C'
const SOFT = '#6B6660'
const FONT = '"PingFang SC", "Noto Sans CJK SC", sans-serif'

/** The part of a canvas that is used here. */
interface Drawing {
  fillStyle: string
  font: string
  textAlign: string
  fillRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number, maxWidth?: number): void
  beginPath(): void
  arc(x: number, y: number, radius: number, from: number, to: number): void
  fill(): void
}
interface Canvas {
  getContext(type: '2d'): Drawing
  toDataURL?(type: string): string
}

type Result = Pick<MatchPageView, 'outcome' | 'mine' | 'theirs' | 'terms'>

/** The result as a picture and a sentence to share. Without a canvas there is only the sentence. */
export class ResultCard {
  private readonly texts: Texts
  title = ''
  /** The file of the picture; empty until it is drawn. */
  picture = ''

  constructor(texts: Texts) {
    this.texts = texts
  }

  draw(result: Result): void {
    const { outcome, mine, theirs } = result
    if (!outcome) return
    const { shareWon, shareLost, shareDrawn } = this.texts
    this.title = fill({ win: shareWon, loss: shareLost, draw: shareDrawn }[outcome], mine.score, theirs.score, shortName(theirs.name))
    this.picture = ''
    try {
      const canvas = wx.createOffscreenCanvas({ type: '2d', width: WIDTH, height: HEIGHT }) as unknown as Canvas
      paint(canvas.getContext('2d'), result, this.texts)
      keep(canvas, (file) => {
        this.picture = file
      })
    } catch {
      // WeChat takes a picture of the page instead.
    }
  }
}

function paint(to: Drawing, { outcome, mine, theirs, terms }: Result, texts: Texts): void {
  const colour = outcome ? COLOURS[outcome] : SOFT
  const write = (text: string, size: number, weight: number, fillStyle: string, x: number, y: number, width: number): void => {
    to.font = `${weight} ${size}px ${FONT}`
    to.fillStyle = fillStyle
    to.fillText(text, x, y, width)
  }
  to.fillStyle = '#FFF6EC'
  to.fillRect(0, 0, WIDTH, HEIGHT)
  to.fillStyle = colour
  to.fillRect(0, 0, WIDTH, 12)
  // A dot for each round win that the match takes, filled for those that were won.
  for (const [side, x] of [
    [mine, 125],
    [theirs, 375],
  ] as const) {
    for (const { at, on } of side.pips) {
      to.fillStyle = on ? colour : '#EADFD2'
      to.beginPath()
      to.arc(x + (at - (side.pips.length - 1) / 2) * 30, 290, 9, 0, Math.PI * 2)
      to.fill()
    }
  }
  to.textAlign = 'center'
  // The receiver of the picture is not the winner.
  const verdict = outcome === 'draw' ? texts.drawn : fill(texts.theyWon, shortName((outcome === 'win' ? mine : theirs).name))
  write(verdict, 50, 700, colour, WIDTH / 2, 88, 460)
  write(`${mine.score} : ${theirs.score}`, 92, 700, INK, WIDTH / 2, 212, 300)
  write(shortName(mine.name), 26, 600, INK, 125, 258, 210)
  write(shortName(theirs.name), 26, 600, INK, 375, 258, 210)
  write(`${texts.title} · ${terms}`, 24, 500, SOFT, WIDTH / 2, 356, 460)
}

/** Makes a file from the canvas. An iPhone makes no file from a canvas that is not on a page, but it returns the picture's data. */
function keep(canvas: Canvas, done: (file: string) => void): void {
  if (typeof canvas.toDataURL !== 'function') {
    wx.canvasToTempFilePath({
      canvas: canvas as unknown as WechatMiniprogram.IAnyObject,
      success: ({ tempFilePath }) => done(tempFilePath),
    })
    return
  }
  const filePath = `${wx.env.USER_DATA_PATH}/result.png`
  wx.getFileSystemManager().writeFile({
    filePath,
    encoding: 'base64',
    data: canvas.toDataURL('image/png').replace(/^.*,/, ''),
    success: () => done(filePath),
  })
}
