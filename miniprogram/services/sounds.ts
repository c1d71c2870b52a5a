import { remember, remembered } from './storage'

/** A tone: pitch in Hz, start and length in seconds. */
type Tone = readonly [hz: number, at: number, length: number]

/** All sounds are plain tones: nothing to load, and nothing from elsewhere. */
const SOUNDS = {
  found: [
    [523, 0, 0.12],
    [784, 0.12, 0.22],
  ],
  tap: [[440, 0, 0.05]],
  count: [
    [330, 0, 0.07],
    [330, 0.2, 0.07],
  ],
  reveal: [[660, 0, 0.12]],
  hurry: [[880, 0, 0.05]],
  win: [
    [523, 0, 0.12],
    [659, 0.12, 0.12],
    [784, 0.24, 0.12],
    [1047, 0.36, 0.3],
  ],
  loss: [
    [392, 0, 0.18],
    [330, 0.18, 0.3],
  ],
  draw: [
    [440, 0, 0.16],
    [440, 0.2, 0.16],
  ],
} as const satisfies Record<string, readonly Tone[]>

export type Sound = keyof typeof SOUNDS

const VOLUME = 0.14
/** A shorter fade clicks, s. */
const FADE_S = 0.02

let context: WechatMiniprogram.WebAudioContext | null = null

/** Off until the player turns it on. */
export const soundIsOn = (): boolean => remembered('caiquan.sound') === 'on'

export function turnSound(on: boolean): void {
  remember('caiquan.sound', on ? 'on' : '')
  if (on) play('found')
}

/** Plays a sound if sounds are on. A phone that cannot play it stays silent. */
export function play(sound: Sound): void {
  if (!soundIsOn()) return
  try {
    context ??= wx.createWebAudioContext()
    if (context.state === 'suspended') void context.resume()
    for (const tone of SOUNDS[sound]) sing(context, tone)
  } catch {
    context = null
  }
}

/** The part of WeChat's nodes that is used here: its typings leave them without members. */
interface AudioNode {
  connect(next: unknown): void
}
interface Parameter {
  setValueAtTime(value: number, at: number): void
  linearRampToValueAtTime(value: number, at: number): void
}

function sing(audio: WechatMiniprogram.WebAudioContext, [hz, at, length]: Tone): void {
  const begin = audio.currentTime + at
  const end = begin + length
  const tone = audio.createOscillator() as unknown as AudioNode & { frequency: Parameter; start(at: number): void; stop(at: number): void }
  const volume = audio.createGain() as unknown as AudioNode & { gain: Parameter }
  tone.frequency.setValueAtTime(hz, begin)
  volume.gain.setValueAtTime(0, begin)
  volume.gain.linearRampToValueAtTime(VOLUME, begin + FADE_S)
  volume.gain.linearRampToValueAtTime(0, end)
  tone.connect(volume)
  volume.connect(audio.destination)
  tone.start(begin)
  tone.stop(end)
}
