import type { Service } from '../services/process.ts'
import type { Watch } from './watch.ts'

/** The cluster, as far as the page may change it. */
export interface Controlled {
  readonly nodes: readonly Service[]
  addNode(): Promise<Service>
  removeNode(node: Service): Promise<void>
}

/** Asking again will not help; the message is for who pressed the button. */
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
  /** SIGKILL, as a crash would end it. Who supervises the cluster starts it again. */
  kill(name: string): Promise<void>
  /** Takes nothing new and waits for what has begun. */
  close(): Promise<void>
}

/** @param most how many nodes there may be */
export function createControl(cluster: Controlled, watch: Pick<Watch, 'note'>, most: number): Control {
  let last: Promise<unknown> = Promise.resolve()
  let closed = false
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
    async close() {
      closed = true
      await last
    },
  }
}
