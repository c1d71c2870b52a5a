import type { RequestListener } from 'node:http'
import type { Metrics } from '../metrics.ts'

export interface AdmissionOptions {
  /** Why nginx should ask another node first; null if this node takes the request. */
  refusal(): string | null
  metrics: Pick<Metrics, 'sentElsewhere'>
}

/** What nginx asks before each handshake and each API call: see `location = /admission` in nginx/shared/server.conf. */
const PATH = '/admission'

/**
 * Answers nginx' question whether this node takes one more request: 204, or 403 for "ask another". Any reply also shows that the event loop
 * is alive, so this comes before everything else and waits for nothing.
 */
export function withAdmission({ refusal, metrics }: AdmissionOptions, app: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url !== PATH) return app(request, response)
    const code = refusal()
    if (code !== null) metrics.sentElsewhere.inc({ code })
    response.writeHead(code === null ? 204 : 403).end()
  }
}
