import { readFileSync } from 'node:fs'

/** A settings file with the server that the page comes from; everything else in it stays. @throws Error if it names no server */
export function onThisServer(file: string, server = 'location.origin'): { code: string; moduleType: 'ts' } {
  const text = readFileSync(file, 'utf8')
  const code = text.replace(/(export const SERVER_URL)[^=]*=.*/, `$1: string = ${server}`)
  if (code === text) throw new Error(`${file} has no SERVER_URL.`)
  return { code, moduleType: 'ts' }
}
