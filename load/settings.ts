/** What the launcher passes to artillery's workers, through the environment. */
export interface LoadSettings {
  url: string
  /** PEM file of nginx's certificate; null if the address is trusted anyway. */
  certificate: string | null
  players: number
  /** Milliseconds over which they arrive. */
  rampMs: number
  /** Milliseconds that they stay after that. */
  stayMs: number
  /** Shortest and longest time to choose a hand, milliseconds. */
  thinkMs: [number, number]
  /** The game. */
  game: string
}

const VARIABLE = 'CAIQUAN_LOAD'

export const toEnvironment = (settings: LoadSettings): Record<string, string> => ({ [VARIABLE]: JSON.stringify(settings) })

export function fromEnvironment(env: NodeJS.ProcessEnv): LoadSettings {
  const text = env[VARIABLE]
  if (!text) throw new Error(`${VARIABLE} is not set: start this with npm run load.`)
  return JSON.parse(text) as LoadSettings
}
