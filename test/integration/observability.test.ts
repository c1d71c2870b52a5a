import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { startNginxExporter } from '../../server/src/nginx-exporter.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { expressions, platformAlerts } from '../support/observability.ts'
import { pair, TestPlayer } from '../support/player.ts'
import { readQuery } from '../support/promql.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await testCluster({ nodes: 1 })
})
afterAll(() => cluster?.close())

/** The labels that Prometheus adds by itself. */
const SYNTHETIC = new Set(['up'])

test('dashboard and alerts query only metrics that a node exports after play', async () => {
  const [node] = cluster.nodes
  if (!node) throw new Error('one node is needed')
  const one = await TestPlayer.join('metrics-one', node.url)
  const two = await TestPlayer.join('metrics-two', node.url)
  const match = await pair(one, two, 1)
  await Promise.all([one.play(match, () => 'rock'), two.play(match, () => 'paper')])
  one.close()
  two.close()

  const { body } = await http<string>(`${node.url}/metrics`)
  // The metrics of the container beside nginx.
  const exporter = await startNginxExporter({ host: '127.0.0.1', port: 0, logPort: 0, statusPort: 1 })
  const ofNginx = (await http<string>(`http://127.0.0.1:${exporter.port}/metrics`)).body
  await exporter.close()
  const names = new Set<string>()
  for (const [, name = '', type] of `${body}\n${ofNginx}`.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
    for (const suffix of type === 'histogram' ? ['_bucket', '_sum', '_count'] : ['']) names.add(`${name}${suffix}`)
  }
  const aboutNginx = platformAlerts
    .filter(({ expr }) => /\bnginx_/.test(expr) || expr.includes('caiquan_nginx_'))
    .map(({ alert, expr }): [string, string] => [alert, expr])
  expect(aboutNginx).toHaveLength(4)
  for (const [place, expr] of [...expressions, ...aboutNginx]) {
    for (const { metric } of readQuery(expr).mentions) if (!SYNTHETIC.has(metric)) expect(names, place).toContain(metric)
  }
  // The samples, not only their names.
  const sample = (name: string, ...labels: string[]): number => {
    const line = body.split('\n').find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)))
    return Number(line?.split(' ').at(-1))
  }
  expect(sample('caiquan_command_seconds_count', 'event="match:move"')).toBe(2)
  expect(sample('caiquan_commands_total', 'event="match:move"', 'outcome="ok"')).toBe(2)
  expect(sample('caiquan_rounds_total', 'reason="moves"')).toBe(1)
  expect(sample('process_resident_memory_bytes', 'node="node-1"')).toBeGreaterThan(1e7)
})
