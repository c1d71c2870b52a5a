import { en } from './texts/en'
import { zh, type Texts } from './texts/zh'

export type { Texts }

/** The texts of the phone's language: Chinese, and English for every other language. */
export const textsFor = (language: string): Texts => (language.toLowerCase().startsWith('zh') ? zh : en)

/** Puts values in for {0}, {1}, … */
export const fill = (text: string, ...values: (string | number)[]): string =>
  text.replace(/\{(\d)\}/g, (_, at: string) => String(values[Number(at)] ?? ''))
