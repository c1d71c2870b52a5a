/** A button of the page was refused or failed; the message is the server's. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError'
}

const HEADERS = { 'content-type': 'application/json', 'x-caiquan-cluster': '1' }

async function post(path: string): Promise<void> {
  const response = await fetch(`/cluster/api/${path}`, { method: 'POST', headers: HEADERS, body: '{}' })
  if (response.ok) return
  const text = await response.text()
  throw new RefusedError(messageOf(text) ?? `${response.status}`)
}

function messageOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { error?: { message?: string } }).error?.message
  } catch {
    return undefined
  }
}

export const addNode = (): Promise<void> => post('nodes')
export const stopNode = (name: string): Promise<void> => post(`nodes/${name}/stop`)
export const killNode = (name: string): Promise<void> => post(`nodes/${name}/kill`)
export const stallNode = (name: string): Promise<void> => post(`nodes/${name}/stall`)
export const killOthers = (): Promise<void> => post('kill-others')
export const restartRedis = (): Promise<void> => post('restart-redis')
export const startBots = (): Promise<void> => post('bots/start')
export const stopBots = (): Promise<void> => post('bots/stop')
