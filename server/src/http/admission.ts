import type { RequestListener } from 'node:http'
import type { Metrics } from '../metrics.ts'

export interface AdmissionOptions {
  /** Why nginx should ask another node first; null if this one takes the request. */
  refusal(): string | null
  metrics: Pick<Metrics, 'sentElsewhere'>
}

/** What nginx asks before each handshake and each call of the API: see `location = /admission` in nginx/shared/server.conf. */
const PATH = '/admission'

/**
 * Answers nginx's question whether this node takes one more request, before everything else: 204, or 403 for "ask another". That
 * there is an answer at all says that the event loop turns, so it must not wait for anything.
 */
export function withAdmission({ refusal, metrics }: AdmissionOptions, app: RequestListener): RequestListener {
  return (request, response) => {
    if (request.url !== PATH) return app(request, response)
    const code = refusal()
    if (code !== null) metrics.sentElsewhere.inc({ code })
    response.writeHead(code === null ? 204 : 403).end()
  }
}
