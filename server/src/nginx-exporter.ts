// Metrics of the nginx in the same pod, for Prometheus: its connections under the names of nginx-prometheus-exporter, and its responses by
// status, which nginx itself does not count. `node server/src/nginx-exporter.ts [metrics port [port of nginx' log [port of stub_status]]]`
import './check-node.mjs'
import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Counter, Gauge, Registry } from 'prom-client'

const ANSWER_MS = 2000
/**
 * The receive buffer for datagrams that wait while this process pauses: measured, ten thousand datagrams, or as many as the kernel's
 * `net.core.rmem_max` allows; about five hundred with its default.
 */
const RECEIVE_BUFFER = 4 * 1024 * 1024

/** The counts of nginx' `stub_status`; null if the text is something else. */
export function readStubStatus(
  text: string,
): Record<'active' | 'accepted' | 'handled' | 'requests' | 'reading' | 'writing' | 'waiting', number> | null {
  const numbers =
    /^Active connections: (\d+)\s+server accepts handled requests\s+(\d+) (\d+) (\d+)\s+Reading: (\d+) Writing: (\d+) Waiting: (\d+)\s*$/.exec(
      text,
    )
  if (!numbers) return null
  const [active = 0, accepted = 0, handled = 0, requests = 0, reading = 0, writing = 0, waiting = 0] = numbers.slice(1).map(Number)
  return { active, accepted, handled, requests, reading, writing, waiting }
}

/** What one datagram of nginx' log adds to the counts; null if it is not in the format of ours. */
export function readDatagram(text: string): { part: string; status: string } | null {
  const [, part, status] = /nginx: (socket|api|other) ([1-5]\d\d)$/.exec(text.trimEnd()) ?? []
  return part !== undefined && status !== undefined ? { part, status } : null
}

export function createNginxMetrics(): { registry: Registry; responses: Counter<'part' | 'status'>; show(text: string | null): void } {
  const registry = new Registry()
  const registers = [registry]
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers })
  const up = gauge('nginx_up', 'Whether nginx has returned its counts')
  const gauges = {
    active: gauge('nginx_connections_active', 'Connections of clients and to nodes that are open'),
    reading: gauge('nginx_connections_reading', 'Connections on which the head of a request is being read'),
    writing: gauge('nginx_connections_writing', 'Connections on which a response is being written; a WebSocket counts as one'),
    waiting: gauge('nginx_connections_waiting', 'Idle connections that wait for a request'),
  }
  // As nginx counts them, so they restart with nginx and not with this process.
  const totals = {
    accepted: gauge('nginx_connections_accepted', 'Connections that nginx has accepted since its start'),
    handled: gauge('nginx_connections_handled', 'Connections that nginx has served since its start'),
    requests: gauge('nginx_http_requests_total', 'Requests since the start of nginx'),
  }
  const responses = new Counter({
    name: 'caiquan_nginx_responses_total',
    help: 'Responses of nginx by status and kind of request: socket (Socket.IO; a WebSocket counts as 101 when it ends), api, other',
    labelNames: ['part', 'status'],
    registers,
  })
  // Exported from the start: an alert on the increase of a series needs its zero.
  for (const part of ['socket', 'api', 'other'])
    for (const status of ['200', '429', '500', '502', '503', '504']) responses.inc({ part, status }, 0)
  return {
    registry,
    responses,
    show(text) {
      const counts = text === null ? null : readStubStatus(text)
      up.set(counts ? 1 : 0)
      for (const [name, each] of Object.entries({ ...gauges, ...totals })) {
        if (counts) each.set(counts[name as keyof typeof counts])
        else each.reset()
      }
    },
  }
}

export interface NginxExporterOptions {
  host?: string
  /** Where Prometheus scrapes: `/metrics`. */
  port: number
  /** Where nginx sends its log by UDP, on the loopback. */
  logPort: number
  /** Where nginx serves its counts, on the loopback. */
  statusPort: number
}

/** @returns the ports in use */
export async function startNginxExporter({
  host = '0.0.0.0',
  port,
  logPort,
  statusPort,
}: NginxExporterOptions): Promise<{ port: number; logPort: number; close(): Promise<void> }> {
  const { registry, responses, show } = createNginxMetrics()
  const log = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER })
  log.on('message', (message) => {
    const counted = readDatagram(message.toString('latin1'))
    if (counted) responses.inc(counted)
  })
  await new Promise<void>((resolve, reject) => log.once('error', reject).bind(logPort, '127.0.0.1', resolve))

  async function metrics(): Promise<string> {
    show(
      await fetch(`http://127.0.0.1:${statusPort}/stub_status`, { signal: AbortSignal.timeout(ANSWER_MS) }).then(
        (answer) => answer.text(),
        () => null,
      ),
    )
    return registry.metrics()
  }
  const http = createServer((request, response) => {
    if (request.url !== '/metrics') return void response.writeHead(404).end()
    metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    )
  })
  await new Promise<void>((resolve, reject) => http.once('error', reject).listen(port, host, resolve))
  return {
    port: (http.address() as AddressInfo).port,
    logPort: log.address().port,
    async close() {
      log.close()
      http.closeAllConnections()
      await new Promise((resolve) => http.close(resolve))
    },
  }
}

if (import.meta.main) {
  const [port = 9113, logPort = 9114, statusPort = 9115] = process.argv.slice(2).map(Number)
  const exporter = await startNginxExporter({ port, logPort, statusPort })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void exporter.close().then(() => process.exit()))
}
