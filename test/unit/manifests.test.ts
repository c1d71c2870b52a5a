import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'
import { readConfig, schema } from '../../server/src/config.ts'
import { schemaFaults } from '../support/kubernetes-schema.ts'
import { kustomize } from '../support/kustomize.ts'
import {
  envOf,
  ofKind,
  OVERLAYS,
  render,
  selects,
  specOf,
  workloads,
  type Container,
  type PodSpec,
  type Selector,
  type Workload,
} from '../support/manifests.ts'
import { substitute, TEMPLATE } from '../support/production-nginx.ts'

/** The current version of each API group in Kubernetes 1.36. */
const VERSIONS = ['v1', 'apps/v1', 'batch/v1', 'policy/v1', 'autoscaling/v2', 'networking.k8s.io/v1']
/** Settings of Node itself. */
const NODE_ENV = new Set(['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS'])
/** Secrets that production has to be given, as k8s/README.md says. */
const GIVEN: Record<string, string> = {
  'mysql.url': 'mysql://caiquan:secret@mysql.example.com/caiquan?sslaccept=strict',
  'mysql.migrate-url': 'mysql://caiquan_migrate:secret@mysql.example.com/caiquan?sslaccept=strict',
  'redis.url': 'rediss://server:secret@redis-1.example.com:6379,redis-2.example.com:6379',
  'redis.recorder-url': 'rediss://recorder:secret@redis-1.example.com:6379,redis-2.example.com:6379',
  'wechat.appid': 'wx0123456789abcdef',
  'wechat.secret': 'secret',
  'wechat.push-token': 'token',
  'wechat.push-aes-key': 'a'.repeat(43),
}
const given = ({ name, key }: { name: string; key: string }): string =>
  GIVEN[`${name}.${key}`] ?? expect.unreachable(`no page says how to give the Secret ${name} a ${key}`)

test('k8s/archive is valid, restricted, and runs the archive with the rights to change tables', async () => {
  const objects = kustomize(join(ROOT, 'k8s/archive'))
  expect((await Promise.all(objects.map(schemaFaults))).flat()).toEqual([])
  const [job] = ofKind(objects, 'CronJob')
  const { jobTemplate, concurrencyPolicy } = specOf(job ?? expect.unreachable()) as {
    concurrencyPolicy: string
    jobTemplate: { spec: { template: { metadata: { labels: Record<string, string> }; spec: PodSpec } } }
  }
  expect(concurrencyPolicy).toBe('Forbid')
  const { spec: pod, metadata } = jobTemplate.spec.template
  expect(pod).toMatchObject({
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  })
  const [container] = pod.containers
  expect(container?.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  })
  expect(container).toMatchObject({
    command: ['tini', '--', 'node', 'prisma/archive.ts'],
    args: ['--dir', '/archive', '--keep-days', '90'],
  })
  expect(container?.env?.find(({ name }) => name === 'DATABASE_URL')?.valueFrom?.secretKeyRef).toEqual({
    name: 'mysql',
    key: 'migrate-url',
  })
  const [policy] = ofKind(objects, 'NetworkPolicy')
  expect(selects((specOf(policy ?? expect.unreachable()) as { podSelector: Selector }).podSelector, metadata.labels)).toBe(true)
})

describe.each(OVERLAYS)('k8s/overlays/%s', (overlay) => {
  const objects = render(overlay)
  const all = workloads(objects)
  const containers = all.flatMap((workload) =>
    workload.containers.map((container): [string, Container, Workload] => [`${workload.name}/${container.name}`, container, workload]),
  )
  const find = (name: string): Workload => all.find((workload) => workload.name === name) ?? expect.unreachable(`no ${name}`)
  const main = (name: string): Container => find(name).pod.containers[0] ?? expect.unreachable()
  const env = (container: Container): Record<string, string> =>
    envOf(container, objects, overlay === 'single' ? (ref) => given(ref).replace(/,redis-2.*$/, '') : given)

  test('every object is valid, of a current version, in the one namespace', async () => {
    expect((await Promise.all(objects.map(schemaFaults))).flat()).toEqual([])
    for (const { apiVersion, kind, metadata } of objects) {
      expect(VERSIONS, kind).toContain(apiVersion)
      expect(kind === 'Namespace' ? metadata.name : metadata.namespace).toBe('caiquan')
      expect(metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
    }
  })

  test('pods are "restricted", with their own account and no token', () => {
    const [namespace] = ofKind(objects, 'Namespace')
    expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    const accounts = ofKind(objects, 'ServiceAccount')
    for (const account of accounts) expect(account).toHaveProperty('automountServiceAccountToken', false)
    for (const { name, pod } of all) {
      expect(pod, name).toMatchObject({ serviceAccountName: name, automountServiceAccountToken: false, enableServiceLinks: false })
      expect(accounts.map(({ metadata }) => metadata.name)).toContain(name)
      expect(pod.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        runAsUser: expect.any(Number),
        seccompProfile: { type: 'RuntimeDefault' },
      })
      expect(pod.securityContext?.['runAsUser'], name).toBeGreaterThan(0)
      for (const forbidden of ['hostNetwork', 'hostPID', 'hostIPC']) expect(pod).not.toHaveProperty(forbidden)
      for (const volume of pod.volumes ?? [])
        expect(Object.keys(volume).sort().join(), name).toMatch(/^(configMap|emptyDir),name$|^name,secret$/)
    }
  })

  test.each(containers)('%s has no privileges and requests known resources', (_, container) => {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container.resources).toMatchObject({
      requests: { cpu: expect.any(String), memory: expect.any(String) },
      limits: { memory: expect.any(String) },
    })
    expect(container.image).toMatch(/^[a-z0-9./-]+(:(?!latest)[\w.-]+|@sha256:[0-9a-f]{64})$/)
  })

  test('every server has a probe, at a port that it has', () => {
    for (const { name, kind, pod } of all) {
      if (kind === 'Job') continue
      for (const { startupProbe, livenessProbe, readinessProbe, ports = [] } of pod.containers) {
        for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
          expect(probe, name).toBeDefined()
          const port = probe?.httpGet?.port ?? probe?.tcpSocket?.port
          if (!probe?.exec)
            expect(
              ports.map((each) => each.name),
              name,
            ).toContain(port)
        }
      }
    }
  })

  test('selectors select the intended objects, and ports are those of the pods', () => {
    for (const { object, kind, labels, name } of all) {
      if (kind === 'Job') continue
      expect(selects((specOf(object) as { selector: Selector }).selector, labels), name).toBe(true)
    }
    for (const service of ofKind(objects, 'Service')) {
      const { selector, ports } = specOf(service) as { selector: Record<string, string>; ports: { targetPort: string }[] }
      const hit = all.filter(({ labels }) => selects({ matchLabels: selector }, labels))
      expect(hit.map(({ name }) => name)).toEqual([service.metadata.name])
      const names = hit.flatMap(({ pod }) => pod.containers.flatMap((container) => (container.ports ?? []).map((port) => port.name)))
      for (const { targetPort } of ports) expect(names).toContain(targetPort)
    }
    for (const budget of ofKind(objects, 'PodDisruptionBudget')) {
      const { selector } = specOf(budget) as { selector: Selector }
      expect(all.filter(({ labels }) => selects(selector, labels)).map(({ name }) => name)).toEqual([budget.metadata.name])
    }
    for (const scaler of ofKind(objects, 'HorizontalPodAutoscaler')) {
      const { scaleTargetRef, metrics } = specOf(scaler) as {
        scaleTargetRef: { kind: string; name: string }
        metrics: { pods?: { metric: { name: string }; target: { averageValue: string } } }[]
      }
      const target = find(scaleTargetRef.name)
      expect(target.kind).toBe(scaleTargetRef.kind)
      // An apply must not undo the scaling of the autoscaler.
      expect(target.object['spec']).not.toHaveProperty('replicas')
      const connections = metrics.find(({ pods }) => pods?.metric.name === 'caiquan_connections')
      expect(Number(connections?.pods?.target.averageValue)).toBeLessThan(Number(env(main('server'))['MAX_CONNECTIONS']))
    }
  })

  test('pods cannot reach each other by default, and each exception is about existing pods and ports', () => {
    interface Peer {
      podSelector?: Selector
      namespaceSelector?: Selector
    }
    interface Rule {
      from?: Peer[]
      to?: Peer[]
      ports: { port: number }[]
    }
    const policies = ofKind(objects, 'NetworkPolicy').map(
      (object) => specOf(object) as { podSelector: Selector; policyTypes: string[]; ingress?: Rule[]; egress?: Rule[] },
    )
    expect(policies).toContainEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
    const chosen = (selector: Selector): Workload[] => all.filter(({ labels }) => selects(selector, labels))
    const portsOf = (hit: Workload[]): number[] =>
      hit.flatMap(({ pod }) => pod.containers.flatMap(({ ports = [] }) => ports.map((port) => port.containerPort)))
    for (const { podSelector, ingress = [], egress = [] } of policies) {
      expect(chosen(podSelector), JSON.stringify(podSelector)).not.toEqual([])
      for (const { from = [], ports } of ingress) {
        for (const { port } of ports) expect(portsOf(chosen(podSelector))).toContain(port)
        for (const peer of from) if (peer.podSelector && !peer.namespaceSelector) expect(chosen(peer.podSelector)).not.toEqual([])
      }
      for (const { to = [], ports } of egress) {
        for (const peer of to)
          if (peer.podSelector && !peer.namespaceSelector)
            for (const { port } of ports) expect(portsOf(chosen(peer.podSelector))).toContain(port)
      }
    }
  })

  test.each(['server', 'recorder'] as const)('the environment of %s is a configuration', (role) => {
    const container = main(role)
    expect(container.args).toEqual([role])
    const variables = env(container)
    expect(Object.keys(variables).filter((name) => !(name in schema.shape) && !NODE_ENV.has(name))).toEqual([])
    const config = readConfig(variables, role)
    expect(config.RECORDER).toBe(false)
    expect(config.NODE_ENV).toBe(overlay === 'local' ? 'development' : 'production')
    expect(config.PORT).toBe(container.ports?.[0]?.containerPort)
    // A recorder never calls WeChat, so it does not get WeChat's secret.
    expect('WECHAT_SECRET' in variables).toBe(role === 'server')
  })

  test('names are found on plain clusters, GKE and OpenShift, and a collector of traces is reached', () => {
    const egress = ofKind(objects, 'NetworkPolicy').flatMap(
      (object) => (specOf(object) as { egress?: { to?: object[]; ports?: { port: number; protocol: string }[] }[] }).egress ?? [],
    )
    const leads = (to: object, port: number): boolean =>
      egress.some(
        (rule) =>
          rule.to?.some((peer) => JSON.stringify(peer).includes(JSON.stringify(to).slice(1, -1))) &&
          rule.ports?.some((each) => each.port === port),
      )
    const inNamespace = (name: string): object => ({ 'kubernetes.io/metadata.name': name })
    for (const [to, port] of [
      [inNamespace('kube-system'), 53],
      [{ cidr: '169.254.20.10/32' }, 53],
      [{ cidr: '169.254.169.254/32' }, 53],
      [inNamespace('openshift-dns'), 5353],
      [inNamespace('monitoring'), 4317],
      [inNamespace('monitoring'), 4318],
    ] as const) {
      expect(leads(to, port), JSON.stringify(to)).toBe(true)
    }
    // The same address serves the metadata of the cloud, including credentials.
    expect(leads({ cidr: '169.254.169.254/32' }, 80)).toBe(false)
  })

  test('workloads have a version label, and the first apply starts as many servers as the autoscaler would', () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
    for (const name of ['server', 'recorder', 'nginx', 'migrate'])
      expect(find(name).object.metadata.labels, name).toMatchObject({ 'app.kubernetes.io/version': version })
    if (overlay !== 'production') return
    const [autoscaler] = ofKind(objects, 'HorizontalPodAutoscaler')
    const minReplicas = (specOf(autoscaler ?? expect.unreachable()) as { minReplicas: number }).minReplicas
    expect(readFileSync(join(ROOT, 'k8s/README.md'), 'utf8')).toContain(
      `kubectl -n caiquan scale deployment/server --replicas ${minReplicas}`,
    )
  })

  test.runIf(overlay === 'single')('one machine with 4 cores and 8 GB has room for all of it, and a deploy', () => {
    const cores = (cpu: string): number => (cpu.endsWith('m') ? Number(cpu.slice(0, -1)) / 1000 : Number(cpu))
    const mebibytes = (memory: string): number => Number.parseInt(memory, 10) * (memory.endsWith('Gi') ? 1024 : 1)
    const total = { cpu: 0, memory: 0 }
    for (const { object, pod } of all) {
      const { replicas = 1 } = specOf(object) as { replicas?: number }
      for (const { resources } of pod.containers) {
        // One more of each while it is replaced.
        const copies = replicas + Number(object.kind === 'Deployment')
        total.cpu += copies * cores(resources?.requests?.['cpu'] ?? '')
        total.memory += copies * mebibytes(resources?.requests?.['memory'] ?? '')
      }
    }
    expect(total.cpu).toBeLessThanOrEqual(3.5)
    expect(total.memory).toBeLessThanOrEqual(6 * 1024)
    expect(env(main('server'))).not.toHaveProperty('WECHAT_API_URL')
  })

  test('only the migrations may change tables', () => {
    const keyOf = (container: Container): string | undefined =>
      container.env?.find((each) => each.name === 'DATABASE_URL')?.valueFrom?.secretKeyRef?.key
    expect(keyOf(main('migrate'))).toBe('migrate-url')
    for (const name of ['server', 'recorder'])
      expect([main(name), ...(find(name).pod.initContainers ?? [])].map(keyOf), name).toEqual(['url', 'url'])
  })

  test('a server that does not reply is out of the name within two seconds, and killed without an orderly stop after three', () => {
    const { livenessProbe, readinessProbe } = main('server')
    const quick = { periodSeconds: 1, timeoutSeconds: 1 }
    expect(readinessProbe).toMatchObject({ ...quick, failureThreshold: 2 })
    expect(livenessProbe).toMatchObject({ ...quick, failureThreshold: 3, terminationGracePeriodSeconds: 1 })
  })

  test('the bound that the pages give plain Socket.IO clients follows from the probes of the server', () => {
    const {
      periodSeconds = 10,
      timeoutSeconds = 1,
      failureThreshold = 3,
      terminationGracePeriodSeconds = 30,
    } = main('server').livenessProbe ?? expect.unreachable()
    // The node stalls right after it has replied, and each probe then takes its whole time.
    const noticed = [
      failureThreshold * periodSeconds,
      periodSeconds + (failureThreshold - 1) * Math.max(periodSeconds, timeoutSeconds) + timeoutSeconds,
    ]
    // preStop takes the grace of the probe; then the kubelet waits at least two seconds (its minimumGracePeriodInSeconds) before it kills.
    expect(main('server').lifecycle?.preStop.sleep?.seconds).toBeGreaterThan(terminationGracePeriodSeconds)
    const killed = (noticed[1] ?? 0) + terminationGracePeriodSeconds + 2
    // socket.io-client: reconnectionDelay 1 s, randomizationFactor 0.5; half a second for the connection itself.
    const served = killed + 1.5 + 0.5
    expect([...noticed, killed, served]).toEqual([3, 4, 7, 9])
    const read = (page: string): string => readFileSync(join(ROOT, page), 'utf8').replace(/\s+/g, ' ')
    const architecture = read('docs/architecture.md')
    expect(architecture).toContain(`fails after three to four seconds and is followed by up to three more of the kubelet's`)
    expect(architecture).toContain(`connections end within ${killed} s there`)
    expect(architecture).toContain(`another node serves them within ${served} s`)
    for (const page of ['docs/guarantees.md', 'CHANGELOG.md'])
      expect(read(page), page).toContain(`in Kubernetes their connections end within ${killed} s`)
    expect(read('docs/guarantees.zh-CN.md')).toContain(`在 Kubernetes 中，它们的连接在 ${killed} 秒内断开`)
  })

  test('pods that need the tables wait for the Job that creates them', () => {
    const tablesOf = (container: Container): string => (env(container)['DATABASE_URL'] ?? '').replace(/^.*@/, '')
    expect(main('migrate').args).toEqual(['migrate'])
    for (const name of ['server', 'recorder']) {
      const [wait] = find(name).pod.initContainers ?? []
      expect(wait).toMatchObject({ args: ['migrate', '--wait'], image: main('migrate').image })
      expect(tablesOf(wait ?? expect.unreachable())).toBe(tablesOf(main('migrate')))
    }
  })

  test('a pod gets the time that an orderly stop takes', () => {
    const server = main('server')
    const graceOf = (name: string): number => find(name).pod.terminationGracePeriodSeconds ?? 30
    const pauseOf = (name: string): number => main(name).lifecycle?.preStop.sleep?.seconds ?? 0
    expect(pauseOf('server') + readConfig(env(server)).DRAIN_MS / 1000 + 15).toBeLessThanOrEqual(graceOf('server'))
    const leaving = main('nginx').lifecycle?.preStop.exec?.command.join(' ') ?? ''
    const secondsOf = (pattern: RegExp): number => Number(pattern.exec(leaving)?.[1] ?? NaN)
    const { NGINX_SHUTDOWN_TIMEOUT = '', NGINX_LEAVE_SECONDS = '' } = env(main('nginx'))
    const hook = secondsOf(/sleep (\d+)/) + secondsOf(/--retry-max-time (\d+)/) + secondsOf(/--max-time (\d+)/)
    expect(hook + Number.parseInt(NGINX_SHUTDOWN_TIMEOUT, 10)).toBeLessThan(graceOf('nginx'))
    expect(Number(NGINX_LEAVE_SECONDS) + 30, 'its sockets are moved before nginx cuts them').toBeLessThan(
      Number.parseInt(NGINX_SHUTDOWN_TIMEOUT, 10),
    )
    expect(leaving).toContain(`http://127.0.0.1:${main('nginx').ports?.find(({ name }) => name === 'probes')?.containerPort}/leave`)
    // The cluster caches the name for 5 s, and then nginx caches it again.
    const kept = [...TEMPLATE.matchAll(/resolver .* valid=(\d+)s/g)].map(([, seconds]) => Number(seconds))
    expect(pauseOf('server')).toBeGreaterThan(5 + Math.max(...kept))
    expect(Math.max(...kept), 'nginx notices new and removed nodes soon').toBe(1)
  })

  test("nginx gets all that its template asks for, listens on its pod's port, and connects to the servers", () => {
    const nginx = main('nginx')
    const variables = env(nginx)
    expect(variables['NGINX_ENTRYPOINT_LOCAL_RESOLVERS']).toBe('1')
    const text = substitute(TEMPLATE, { ...variables, NGINX_LOCAL_RESOLVERS: '10.96.0.10' })
    const listens = [...text.matchAll(/listen (\d+)/g)].map(([, port]) => Number(port))
    expect(nginx.ports?.map(({ containerPort }) => containerPort)).toEqual(listens)
    const service = ofKind(objects, 'Service').find(({ metadata }) => metadata.name === 'server')
    expect(service?.['spec']).toMatchObject({ clusterIP: 'None', ports: [{ port: 3000 }] })
    expect(variables['NGINX_NODES']).toBe('server.$(NAMESPACE).svc.cluster.local:3000')
    const { PING_INTERVAL_MS, PING_TIMEOUT_MS } = readConfig(env(main('server')))
    const shared = readFileSync(join(ROOT, 'nginx/shared/server.conf'), 'utf8')
    const [, seconds] = /location \/socket\.io\/ [^}]*proxy_read_timeout (\d+)s/.exec(shared) ?? []
    expect(Number(seconds) * 1000).toBeGreaterThan(PING_INTERVAL_MS + PING_TIMEOUT_MS)
    // The paths that it reads and writes are mounted.
    const mounts = nginx.volumeMounts?.map(({ mountPath }) => mountPath) ?? []
    expect(mounts).toEqual(
      expect.arrayContaining([
        '/etc/nginx/templates/nginx.conf.template',
        '/etc/nginx/shared',
        '/etc/nginx/conf.d',
        '/etc/nginx/tls',
        '/tmp',
      ]),
    )
  })

  test('volumes and their contents exist, and all of them are used', () => {
    const names = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`))
    const readme = readFileSync(join(ROOT, 'k8s/README.md'), 'utf8')
    const claims = (workload: Workload): string[] =>
      ((specOf(workload.object) as { volumeClaimTemplates?: { metadata: { name: string } }[] }).volumeClaimTemplates ?? []).map(
        ({ metadata }) => metadata.name,
      )
    for (const workload of all) {
      const volumes = [...(workload.pod.volumes ?? []).map(({ name }) => name), ...claims(workload)].sort()
      const mounted = new Set(workload.containers.flatMap(({ volumeMounts = [] }) => volumeMounts.map(({ name }) => name)))
      expect([...mounted].sort(), workload.name).toEqual(volumes)
      for (const { configMap, secret } of workload.pod.volumes ?? []) {
        if (configMap) expect(names).toContain(`ConfigMap/${configMap.name}`)
        if (secret && !names.has(`Secret/${secret.secretName}`))
          expect(readme).toMatch(new RegExp(`create secret \\w+ ${secret.secretName} `))
      }
    }
    if (overlay !== 'local')
      for (const secret of ['redis', 'mysql', 'wechat']) expect(readme).toMatch(new RegExp(`create secret generic ${secret} `))
  })
})
