import type { Service } from '../services/process.ts'
import type { Watch } from './watch.ts'

/** The cluster, as far as the page may change it. */
export interface Controlled {
  readonly nodes: readonly Service[]
  addNode(): Promise<Service>
  removeNode(node: Service): Promise<void>
  /** Null if it does not belong to this cluster. */
  readonly redis: Service | null
}

/** Repeating the request will not help; the message is for the person who pressed the button. */
export class ControlError extends Error {
  override readonly name = 'ControlError'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Control {
  add(): Promise<string>
  /** Takes the node out of nginx, lets it drain and end. It is not started again. */
  stop(name: string): Promise<void>
  /** SIGKILL, as in a crash. The supervisor of the cluster starts it again. */
  kill(name: string): Promise<void>
  /** SIGSTOP, and SIGCONT after `STALL_MS`: it keeps its connections and does nothing. */
  stall(name: string): Promise<void>
  /** Kills all running nodes but one. Returns its name. */
  killOthers(): Promise<string>
  /** Stops Redis in order and starts it again. */
  restartRedis(): Promise<void>
  /** Starts nothing new and waits for what has begun. */
  close(): Promise<void>
}

/** How long a node stalls, ms. */
export const STALL_MS = 5000

/** @param most the largest number of nodes */
export function createControl(cluster: Controlled, watch: Pick<Watch, 'note'>, most: number): Control {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
  const stalled = new Map<Service, () => void>()
  /** nginx takes one list of nodes after the other. */
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const run = last.then(() => {
      if (closed) throw new ControlError(409, 'The cluster is being stopped.')
      return act()
    })
    last = run.catch(() => {})
    return run
  }
  const find = (name: string): Service => {
    const node = cluster.nodes.find((one) => one.name === name)
    if (!node) throw new ControlError(404, `There is no ${name}.`)
    return node
  }
  return {
    add: () =>
      inTurn(async () => {
        if (cluster.nodes.length >= most) throw new ControlError(409, `${most} nodes are enough for one machine.`)
        const { name } = await cluster.addNode()
        watch.note(name, 'added')
        return name
      }),
    stop: (name) =>
      inTurn(async () => {
        const node = find(name)
        if (cluster.nodes.length === 1) throw new ControlError(409, `${name} is the last node: add another first.`)
        watch.note(name, 'stopping')
        await cluster.removeNode(node)
      }),
    async kill(name) {
      const node = find(name)
      if (!node.running) throw new ControlError(409, `${name} does not run.`)
      watch.note(name, 'killed')
      await node.kill()
    },
    async stall(name) {
      const node = find(name)
      if (!node.running) throw new ControlError(409, `${name} does not run.`)
      if (stalled.has(node)) throw new ControlError(409, `${name} is stalled already.`)
      watch.note(name, 'stalled')
      node.pause()
      const resume = (): void => {
        clearTimeout(timer)
        stalled.delete(node)
        if (node.running) node.resume()
      }
      const timer = setTimeout(resume, STALL_MS)
      stalled.set(node, resume)
    },
    async killOthers() {
      const [first, ...others] = cluster.nodes.filter(({ running }) => running)
      if (!first || others.length === 0) throw new ControlError(409, 'There is only one node: add another first.')
      for (const { name } of others) watch.note(name, 'killed')
      await Promise.all(others.map((node) => node.kill()))
      return first.name
    },
    restartRedis: () =>
      inTurn(async () => {
        const { redis } = cluster
        if (!redis) throw new ControlError(409, 'This Redis is not part of the cluster.')
        watch.note('redis', 'restarting')
        await redis.restart()
        watch.note('redis', 'ready')
      }),
    async close() {
      closed = true
      for (const resume of stalled.values()) resume()
      await last
    },
  }
}
