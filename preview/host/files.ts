/** Temporary files, as WeChat's components give them: by a path that only this tab can open. */
const files = new Map<string, string>()

/** The size of the avatars that WeChat gives, px. */
const SIZE = 132

/** Makes a file of a picture that is shown. Answers its path. */
export function keepPicture(picture: HTMLImageElement): string {
  const canvas = document.createElement('canvas')
  canvas.width = SIZE
  canvas.height = SIZE
  canvas.getContext('2d')?.drawImage(picture, 0, 0, SIZE, SIZE)
  const path = `http://tmp/${files.size + 1}.png`
  files.set(path, canvas.toDataURL('image/png').replace(/^.*,/, ''))
  return path
}

/** @throws Error where there is no such file, and for what the preview cannot do */
export function readFile({ filePath, encoding }: WechatMiniprogram.ReadFileOption): string {
  if (encoding !== 'base64') throw new Error('wx.readFile in the preview knows only base64.')
  const file = files.get(filePath)
  if (file === undefined) throw new Error(`no such file: ${filePath}`)
  return file
}
