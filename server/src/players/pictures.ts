import type { Sharp, SharpOptions } from 'sharp'
import { CatalogueError } from '../errors.ts'

/** Square, in pixels; smaller pictures are not enlarged. */
const SIZE = 256
/** 16 megapixels: no phone gives more for an avatar, and a few hundred bytes can declare far more. */
const MAX_PIXELS = 4096 * 4096
const TIMEOUT_SECONDS = 5
/** Pictures that are decoded at once, and pictures that wait. */
const AT_ONCE = 1
const WAITING = 8
const RETRY_AFTER_MS = 1000

/** How JPEG, PNG and WebP files begin; the decoder gets nothing else. */
const SIGNATURES: ((text: string) => boolean)[] = [
  (text) => text.startsWith('\xff\xd8\xff'),
  (text) => text.startsWith('\x89PNG\r\n\x1a\n'),
  (text) => text.startsWith('RIFF') && text.slice(8, 12) === 'WEBP',
]

export interface Pictures {
  /**
   * Decodes a JPEG, PNG or WebP and makes a new picture of it: square, at most 256 pixels, as JPEG, without anything else that the file
   * carried (places, cameras, thumbnails, text). The same picture gives the same bytes.
   * @throws CatalogueError bad_request if it is no such picture or too large, overloaded if too many wait
   */
  redraw(image: Uint8Array): Promise<Buffer>
}

export const PICTURE_TYPE = 'image/jpeg'

type Decoder = (image: Uint8Array, options: SharpOptions) => Sharp

/** The decoder is loaded with the first picture: a node that gets none saves its 20 MB. */
export function createPictures(): Pictures {
  let decoder: Promise<Decoder> | null = null
  let busy = 0
  const queue: (() => void)[] = []

  async function load(): Promise<Decoder> {
    const { default: sharp } = await import('sharp')
    sharp.cache(false)
    sharp.concurrency(1)
    return sharp
  }

  async function turn(): Promise<void> {
    if (busy < AT_ONCE) {
      busy += 1
      return
    }
    if (queue.length >= WAITING) throw new CatalogueError('overloaded', { retryAfterMs: RETRY_AFTER_MS })
    await new Promise<void>((resolve) => queue.push(resolve))
  }
  function done(): void {
    const next = queue.shift()
    if (next) next()
    else busy -= 1
  }

  async function draw(image: Uint8Array): Promise<Buffer> {
    decoder ??= load()
    const sharp = await decoder
    const options: SharpOptions = { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true, pages: 1 }
    const { width, height } = await sharp(image, options).metadata()
    const size = Math.min(SIZE, width, height)
    return sharp(image, options)
      .timeout({ seconds: TIMEOUT_SECONDS })
      .autoOrient()
      .resize(size, size, { fit: 'cover' })
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .jpeg({ quality: 85 })
      .toBuffer()
  }

  return {
    async redraw(image) {
      const start = Buffer.from(image.subarray(0, 16)).toString('latin1')
      if (!SIGNATURES.some((begins) => begins(start))) throw unfit()
      await turn()
      try {
        return await draw(image)
      } catch {
        // Messages of the decoder quote the picture at most.
        throw unfit()
      } finally {
        done()
      }
    },
  }
}

const unfit = (): CatalogueError =>
  new CatalogueError('bad_request', { message: `avatar: must be a whole JPEG, PNG or WebP of at most ${MAX_PIXELS / 2 ** 20} megapixels` })
