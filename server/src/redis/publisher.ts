import { Cluster } from 'ioredis'
import type { RedisClient } from './connect.ts'

/** What the sharded adapter of Socket.IO uses of a client that publishes; a test compares this with what the adapter calls. */
export interface Publisher {
  spublish(channel: string | Buffer, message: string | Buffer): Promise<unknown>
  /** The adapter asks with PUBSUB how many servers there are: one Redis directly, a Cluster at each node. */
  send_command(command: string, args: string[], done: (error: Error | null | undefined, reply?: unknown) => void): unknown
  readonly isCluster: boolean
  nodes(): Redis[]
}
type Redis = ReturnType<Cluster['nodes']>[number]

/** Publishes through the client, and counts the messages that could not be sent. */
export function countFailures(client: RedisClient, count: () => void): Publisher {
  return {
    async spublish(channel, message) {
      try {
        return await client.spublish(channel, message)
      } catch (error) {
        count()
        throw error
      }
    },
    send_command: (command, args, done) => client.call(command, args, done),
    isCluster: client instanceof Cluster,
    nodes: () => (client instanceof Cluster ? client.nodes() : []),
  }
}
