import { createSocket } from 'node:dgram'

export interface NameServer {
  port: number
  /** Sets the IPv4 addresses of every name from now on; without any, the name does not exist. */
  addresses: string[]
  close(): Promise<void>
}

const QUERY_HEADER = 12

/** A DNS server that gives every name the same addresses, as a headless Service of Kubernetes does for its pods. */
export async function nameServer(): Promise<NameServer> {
  const socket = createSocket('udp4')
  const server: NameServer = { port: 0, addresses: [], close: () => new Promise((resolve) => void socket.close(resolve)) }
  socket.on('message', (query, from) => socket.send(reply(query, server.addresses), from.port, from.address))
  await new Promise<void>((resolve) => void socket.bind(0, '127.0.0.1', resolve))
  server.port = socket.address().port
  return server
}

/** RFC 1035: the header and the question of the query, then an A record for each address. */
function reply(query: Buffer, addresses: string[]): Buffer {
  let end = QUERY_HEADER
  while (query[end] !== 0 && end < query.length) end += (query[end] ?? 0) + 1
  const question = query.subarray(QUERY_HEADER, end + 5)
  const isA = question.readUInt16BE(question.length - 4) === 1
  const found = isA ? addresses : []
  const header = Buffer.alloc(QUERY_HEADER)
  query.copy(header, 0, 0, 2)
  // Response, recursion available; NXDOMAIN if the name has no address at all.
  header.writeUInt16BE(0x8180 | (addresses.length === 0 ? 3 : 0), 2)
  header.writeUInt16BE(1, 4)
  header.writeUInt16BE(found.length, 6)
  const records = found.map((address) => {
    // Pointer to the question's name, type A, class IN, TTL of one second, four bytes.
    const fixed = [0xc0, QUERY_HEADER, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4]
    return Buffer.from([...fixed, ...address.split('.').map(Number)])
  })
  return Buffer.concat([header, question, ...records])
}
