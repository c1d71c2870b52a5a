import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { withAdmission } from '../../server/src/http/admission.ts'
import { createMetrics } from '../../server/src/metrics.ts'

let server: Server
afterEach(() => server.close())

async function start(refusal: () => string | null): Promise<{ url: string; metrics: ReturnType<typeof createMetrics> }> {
  const metrics = createMetrics('n1')
  server = createServer(withAdmission({ refusal, metrics }, (_, response) => response.end('app')))
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, metrics }
}

test("a node that accepts requests replies without a body, and everything else is the app's", async () => {
  const { url } = await start(() => null)
  expect((await fetch(`${url}/admission`)).status).toBe(204)
  expect(await (await fetch(`${url}/admissions`)).text()).toBe('app')
})

test('a node that declines replies so, and is counted by the reason', async () => {
  const { url, metrics } = await start(() => 'crowded')
  expect((await fetch(`${url}/admission`)).status).toBe(403)
  expect((await metrics.sentElsewhere.get()).values).toMatchObject([{ value: 1, labels: { code: 'crowded' } }])
})
