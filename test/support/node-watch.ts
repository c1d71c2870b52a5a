import type { Cluster } from '../../tools/cluster/cluster.ts'
import { http } from './http.ts'

export interface NodeWatch {
  /** The largest number of sockets that one node gained within a second. */
  steepest: number
  /** Handshakes that players were told to repeat later, because no node had room. */
  refused: number
  /** Longest event-loop delay, s. */
  latest: number
  stop(): Promise<void>
}

const LOOK_MS = 250

/** Reads the metrics of all nodes until it is stopped; a node that does not reply is starting or gone. */
export function watchNodes(cluster: Cluster): NodeWatch {
  const seen = new Map<string, { at: number; connections: number }[]>()
  const refusals = new Map<string, number>()
  const watch: NodeWatch = { steepest: 0, refused: 0, latest: 0, stop: () => Promise.resolve() }
  let stopped = false
  const read = (text: string, name: string): number => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1] ?? 0)

  async function look({ url, pid }: { url: string; pid: number }): Promise<void> {
    const reply = await http<string>(`${url}/metrics`).catch(() => null)
    if (!reply) return
    const at = performance.now()
    const connections = read(reply.body, 'caiquan_connections')
    const before = (seen.get(`${pid}`) ?? []).filter((sample) => sample.at > at - 1000)
    for (const sample of before) watch.steepest = Math.max(watch.steepest, connections - sample.connections)
    seen.set(`${pid}`, [...before, { at, connections }])
    refusals.set(`${pid}`, read(reply.body, 'caiquan_handshakes_refused_total'))
    watch.refused = [...refusals.values()].reduce((sum, each) => sum + each, 0)
    watch.latest = Math.max(watch.latest, read(reply.body, 'caiquan_event_loop_delay_seconds'))
  }
  const looking = (async () => {
    while (!stopped) {
      await Promise.all(cluster.nodes.filter(({ running }) => running).map(look))
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    }
  })()
  watch.stop = async () => {
    stopped = true
    await looking
  }
  return watch
}
