import type { Request } from 'express'
import { NAME_LANGUAGES, type NameLanguage } from '../players/default-name.ts'

/** By the header `Accept-Language`: English for whoever reads no Chinese, Chinese if nothing is said. */
export const languageOf = (request: Request): NameLanguage => (request.acceptsLanguages([...NAME_LANGUAGES]) === 'zh' ? 'zh' : 'en')
