import type { Button, Scene } from './scene'

/** The part of a canvas that is used; that of WeChat and that of a browser fit. */
export interface Pencil {
  fillStyle: unknown
  font: string
  textAlign: string
  textBaseline: string
  setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void
  fillRect(x: number, y: number, width: number, height: number): void
  fillText(text: string, x: number, y: number, maxWidth?: number): void
}

const COLOURS = {
  light: {
    page: '#f6f5f2',
    ink: '#22201c',
    faint: '#6b675f',
    button: '#e4e1da',
    primary: '#1f6f54',
    onPrimary: '#ffffff',
    chosen: '#bfe0d2',
  },
  dark: {
    page: '#191816',
    ink: '#eeece6',
    faint: '#a5a097',
    button: '#33312d',
    primary: '#2f8f6e',
    onPrimary: '#ffffff',
    chosen: '#2b5a49',
  },
}
export type Theme = keyof typeof COLOURS

/** Draws the scene over the previous one. `ratio`: device pixels per point. */
export function paint(
  pencil: Pencil,
  { lines, buttons }: Scene,
  { width, height, ratio, theme }: { width: number; height: number; ratio: number; theme: Theme },
): void {
  const colours = COLOURS[theme]
  pencil.setTransform(ratio, 0, 0, ratio, 0, 0)
  pencil.fillStyle = colours.page
  pencil.fillRect(0, 0, width, height)
  pencil.textAlign = 'center'
  pencil.textBaseline = 'middle'
  const write = (text: string, x: number, y: number, size: number, most: number): void => {
    pencil.font = `${size}px sans-serif`
    pencil.fillText(text, x, y, most)
  }
  for (const { text, y, size, faint } of lines) {
    pencil.fillStyle = faint ? colours.faint : colours.ink
    write(text, width / 2, y, size, width - 32)
  }
  for (const { text, name, x, y, width: wide, height: high, primary, chosen, disabled } of buttons) {
    pencil.fillStyle = chosen ? colours.chosen : primary && !disabled ? colours.primary : colours.button
    pencil.fillRect(x, y, wide, high)
    pencil.fillStyle = primary && !disabled ? colours.onPrimary : disabled && !chosen ? colours.faint : colours.ink
    const middle = x + wide / 2
    if (name === undefined) write(text, middle, y + high / 2, 18, wide - 16)
    else {
      write(text, middle, y + high * 0.42, high * 0.45, wide - 16)
      write(name, middle, y + high * 0.84, 14, wide - 16)
    }
  }
}

/** The button under a finger, unless it is disabled. */
export const buttonAt = ({ buttons }: Scene, x: number, y: number): Button | undefined =>
  buttons.find(
    (button) => !button.disabled && x >= button.x && x <= button.x + button.width && y >= button.y && y <= button.y + button.height,
  )
