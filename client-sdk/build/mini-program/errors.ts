/** Replaces the catalogue in the mini-program files: the messages come from the server, so the codes are enough. */
import { ERRORS as ALL } from '../../src/errors.ts'

declare const TEMPORARY: string
declare const FINAL: string

export const ERRORS: Partial<Record<keyof typeof ALL, { temporary: boolean }>> = {}
for (const code of TEMPORARY.split(' ')) ERRORS[code as keyof typeof ALL] = { temporary: true }
for (const code of FINAL.split(' ')) ERRORS[code as keyof typeof ALL] = { temporary: false }
