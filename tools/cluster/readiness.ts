import { readFileSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { until } from '../until.ts'
import type { ClusterInfo } from './cluster-info.ts'

const WAIT_MS = 30_000

/** The cluster runs but no match can be played; the message names what does not respond. */
export class NotReadyError extends Error {
  override readonly name = 'NotPlayableError'
}

/**
 * Waits until every node is ready and, through the public address, health checks and a Socket.IO handshake succeed. It leaves no trace in
 * the data: nobody logs in.
 * @param certificate PEM file by which the public address is trusted
 */
export async function waitUntilReady(info: ClusterInfo, certificate?: string): Promise<void> {
  const addresses = [
    ...info.nodes.map(({ url }) => `${url}/readyz`),
    `${info.url}/healthz`,
    `${info.url}/socket.io/?EIO=4&transport=polling`,
  ]
  const ca = certificate === undefined ? undefined : readFileSync(certificate)
  const deadline = performance.now() + WAIT_MS
  for (const address of addresses) {
    let status = 0
    const isThere = async (): Promise<boolean> => (status = await get(address, ca)) === 200
    if (!(await until(isThere, deadline - performance.now(), 100))) {
      throw new NotReadyError(
        `${address} returns ${status || 'nothing'} instead of 200 after ${WAIT_MS / 1000} s. Look at the logs of the nodes and of nginx.`,
      )
    }
  }
}

/** The status of a GET, 0 if there is no reply. */
function get(address: string, ca: Buffer | undefined): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>()
  const options = { timeout: 2000, agent: false as const }
  const request = address.startsWith('https:') ? requestHttps(address, { ...options, ca }) : requestHttp(address, options)
  request.once('response', (response) => {
    response.resume()
    resolve(response.statusCode ?? 0)
  })
  request.once('timeout', () => request.destroy())
  request.once('error', () => resolve(0))
  request.once('close', () => resolve(0))
  request.end()
  return promise
}
