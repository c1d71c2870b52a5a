/** k8s/monitoring/nginx, added to the overlay for production as k8s/README.md says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'
import { schemaFaults } from '../support/kubernetes-schema.ts'
import { kustomize, type KubernetesObject } from '../support/kustomize.ts'
import { ofKind, render, selects, specOf, workloads, type Selector, type Workload } from '../support/manifests.ts'
import { TEMPLATE } from '../support/production-nginx.ts'

const conf = readFileSync(join(ROOT, 'nginx/monitoring/monitoring.conf'), 'utf8')
let dir: string
let objects: KubernetesObject[]
let nginx: Workload

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'caiquan-overlay-'))
  const path = relative(dir, join(ROOT, 'k8s'))
  writeFileSync(
    join(dir, 'kustomization.yaml'),
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nnamespace: caiquan\n' +
      `resources: ['${path}/overlays/production']\ncomponents: ['${path}/monitoring/nginx']\n` +
      'images:\n  - { name: caiquan, newName: registry.example.com/caiquan, newTag: 0.1.0 }\n',
  )
  objects = kustomize(dir)
  nginx = workloads(objects).find(({ name }) => name === 'nginx') ?? expect.unreachable()
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

test('it is valid, and changes nothing but the pods of nginx', async () => {
  expect((await Promise.all(objects.map(schemaFaults))).flat()).toEqual([])
  const nameOf = ({ kind, metadata }: KubernetesObject): string => `${kind}/${metadata.name.replace(/-[0-9a-f]{10}$/, '')}`
  const plain = new Map(render('production').map((object) => [nameOf(object), JSON.stringify(object)]))
  expect(
    objects
      .filter((object) => plain.get(nameOf(object)) !== JSON.stringify(object))
      .map(nameOf)
      .sort(),
  ).toEqual(['ConfigMap/nginx-monitoring', 'Deployment/nginx', 'NetworkPolicy/nginx-metrics'])
})

test('a restricted container of our own image starts before nginx and stays beside it, without a probe that could take nginx out', () => {
  const [metrics, ...others] = nginx.pod.initContainers ?? []
  expect(others).toEqual([])
  expect(metrics).toMatchObject({
    name: 'metrics',
    image: 'registry.example.com/caiquan:0.1.0',
    restartPolicy: 'Always',
    command: ['tini', '--', 'node', 'server/src/nginx-exporter.ts'],
  })
  expect(metrics).not.toHaveProperty('readinessProbe')
  expect(metrics).not.toHaveProperty('livenessProbe')
  expect(metrics?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(metrics?.resources?.limits?.['memory']).toBe('192Mi')
  expect(nginx.pod.containers.map(({ name }) => name)).toEqual(['nginx'])
})

test('the files that nginx includes, the addresses of its counts, and the target of Prometheus fit together', () => {
  const mount = nginx.pod.containers[0]?.volumeMounts?.find(({ name }) => name === 'monitoring')
  expect(TEMPLATE).toContain(`include ${mount?.mountPath}/*.conf;`)
  const map = nginx.pod.volumes?.find(({ name }) => name === 'monitoring')?.configMap?.name
  expect(objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === map)?.['data']).toEqual({ 'monitoring.conf': conf })
  const [, metrics, log, status] =
    /\[port = (\d+), logPort = (\d+), statusPort = (\d+)\]/.exec(readFileSync(join(ROOT, 'server/src/nginx-exporter.ts'), 'utf8')) ?? []
  expect(conf).toContain(`syslog:server=127.0.0.1:${log},`)
  expect(conf).toContain(`listen 127.0.0.1:${status};`)
  expect(nginx.pod.initContainers?.[0]?.ports).toEqual([{ name: 'metrics', containerPort: Number(metrics) }])
  const { template } = specOf(nginx.object) as {
    template: { metadata: { annotations: Record<string, string>; labels: Record<string, string> } }
  }
  expect(template.metadata.annotations).toMatchObject({
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': metrics,
    'prometheus.io/path': '/metrics',
  })
  const policy = specOf(
    ofKind(objects, 'NetworkPolicy').find(({ metadata }) => metadata.name === 'nginx-metrics') ?? expect.unreachable(),
  ) as { podSelector: Selector; ingress: object[] }
  expect(selects(policy.podSelector, template.metadata.labels)).toBe(true)
  expect(policy.ingress).toEqual([
    {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } }],
      ports: [{ protocol: 'TCP', port: Number(metrics) }],
    },
  ])
})
