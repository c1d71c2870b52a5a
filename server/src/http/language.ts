import type { Request } from 'express'
import { NAME_LANGUAGES, type NameLanguage } from '../players/default-name.ts'

/** By the header `Accept-Language`: English if it names no Chinese, Chinese if the header is absent. */
export const languageOf = (request: Request): NameLanguage => (request.acceptsLanguages([...NAME_LANGUAGES]) === 'zh' ? 'zh' : 'en')
