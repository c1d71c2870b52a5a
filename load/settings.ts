/** What the launcher tells artillery's workers, by the environment. */
export interface LoadSettings {
  url: string
  /** PEM file of nginx's certificate; null where the address is trusted anyway. */
  certificate: string | null
  players: number
  /** Milliseconds over which they come. */
  rampMs: number
  /** Milliseconds that they stay after that. */
  stayMs: number
  /** Shortest and longest time to choose a hand, milliseconds. */
  thinkMs: [number, number]
  /** What is played. */
  game: string
}

const VARIABLE = 'CAIQUAN_LOAD'

export const toEnvironment = (settings: LoadSettings): Record<string, string> => ({ [VARIABLE]: JSON.stringify(settings) })

export function fromEnvironment(env: NodeJS.ProcessEnv): LoadSettings {
  const text = env[VARIABLE]
  if (!text) throw new Error(`${VARIABLE} is not set: start this by npm run load.`)
  return JSON.parse(text) as LoadSettings
}
