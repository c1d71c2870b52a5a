/** Temporary files, as WeChat's components return them: with a path that only this tab can open. */
const files = new Map<string, string>()

/** The size of the avatars that WeChat gives, px. */
const SIZE = 132

/** Makes a file from a visible picture. Returns its path. */
export function keepPicture(picture: HTMLImageElement): string {
  const canvas = document.createElement('canvas')
  canvas.width = SIZE
  canvas.height = SIZE
  canvas.getContext('2d')?.drawImage(picture, 0, 0, SIZE, SIZE)
  const path = `http://tmp/${files.size + 1}.png`
  files.set(path, canvas.toDataURL('image/png').replace(/^.*,/, ''))
  return path
}

/** @throws Error for what the preview cannot do */
export function writeFile({ filePath, data, encoding }: WechatMiniprogram.WriteFileOption): void {
  if (encoding !== 'base64' || typeof data !== 'string') throw new Error('wx.writeFile in the preview knows only base64.')
  files.set(filePath, data)
}

/** `wx.createOffscreenCanvas`: a canvas that is on no page. */
export function createCanvas({ type, width = 0, height = 0 }: WechatMiniprogram.CreateOffscreenCanvasOption): HTMLCanvasElement {
  if (type !== '2d') throw new Error(`The preview has no canvas of type "${type}".`)
  return Object.assign(document.createElement('canvas'), { width, height })
}

/** @throws Error where there is no such file, and for what the preview cannot do */
export function readFile({ filePath, encoding }: WechatMiniprogram.ReadFileOption): string {
  if (encoding !== 'base64') throw new Error('wx.readFile in the preview knows only base64.')
  const file = files.get(filePath)
  if (file === undefined) throw new Error(`no such file: ${filePath}`)
  return file
}
