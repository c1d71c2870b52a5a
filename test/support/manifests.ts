import { kustomize, type KubernetesObject } from './kustomize.ts'
import { join } from 'node:path'
import { ROOT } from '../../tools/services/node.ts'

type Labels = Record<string, string>
interface SecretKeyRef {
  optional?: boolean
  name: string
  key: string
}
export interface Env {
  name: string
  value?: string
  valueFrom?: { secretKeyRef?: SecretKeyRef; fieldRef?: { fieldPath: string } }
}
interface Probe {
  httpGet?: { port: string; path: string }
  tcpSocket?: { port: string }
  exec?: { command: string[] }
  periodSeconds?: number
  timeoutSeconds?: number
  failureThreshold?: number
  terminationGracePeriodSeconds?: number
}
export interface Container {
  name: string
  image: string
  args?: string[]
  command?: string[]
  env?: Env[]
  envFrom?: { configMapRef: { name: string } }[]
  ports?: { name: string; containerPort: number }[]
  startupProbe?: Probe
  livenessProbe?: Probe
  readinessProbe?: Probe
  lifecycle?: { preStop: { sleep?: { seconds: number }; exec?: { command: string[] } } }
  resources?: { requests?: Labels; limits?: Labels }
  securityContext?: Record<string, unknown>
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}
interface Volume {
  name: string
  configMap?: { name: string }
  secret?: { secretName: string }
  emptyDir?: { sizeLimit?: string }
}
export interface PodSpec {
  serviceAccountName?: string
  automountServiceAccountToken?: boolean
  enableServiceLinks?: boolean
  terminationGracePeriodSeconds?: number
  securityContext?: Record<string, unknown>
  initContainers?: Container[]
  containers: Container[]
  volumes?: Volume[]
}
/** An object that creates pods, with the template of its pods. */
export interface Workload {
  kind: string
  name: string
  labels: Labels
  pod: PodSpec
  containers: Container[]
  object: KubernetesObject
}

export const OVERLAYS = ['local', 'production', 'single'] as const
export const render = (overlay: string): KubernetesObject[] => kustomize(join(ROOT, 'k8s/overlays', overlay))

export const specOf = (object: KubernetesObject): unknown => object['spec']
export const ofKind = (objects: KubernetesObject[], kind: string): KubernetesObject[] => objects.filter((object) => object.kind === kind)

export function workloads(objects: KubernetesObject[]): Workload[] {
  return objects
    .filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind))
    .map((object) => {
      const { template } = specOf(object) as { template: { metadata: { labels: Labels }; spec: PodSpec } }
      const pod = template.spec
      return {
        kind: object.kind,
        name: object.metadata.name,
        labels: template.metadata.labels,
        pod,
        containers: [...(pod.initContainers ?? []), ...pod.containers],
        object,
      }
    })
}

export interface Selector {
  matchLabels?: Labels
  matchExpressions?: { key: string; operator: string; values: string[] }[]
}
export const selects = ({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Labels): boolean =>
  Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
  matchExpressions.every(({ key, operator, values }) => operator === 'In' && values.includes(labels[key] ?? ''))

/** The environment of a container: from ConfigMaps and Secrets if they are rendered, else from `missing`. */
export function envOf(container: Container, objects: KubernetesObject[], missing: (ref: SecretKeyRef) => string): Record<string, string> {
  const env: Record<string, string> = {}
  for (const { configMapRef } of container.envFrom ?? []) {
    const map = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === configMapRef.name)
    if (!map) throw new Error(`There is no ConfigMap ${configMapRef.name}.`)
    Object.assign(env, map['data'])
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const ref = valueFrom?.secretKeyRef
    if (ref) {
      const secret = objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === ref.name)
      const data = secret?.['data'] as Labels | undefined
      const encoded = data?.[ref.key]
      // Kubernetes leaves out optional values that do not exist.
      if (data && encoded === undefined && ref.optional) continue
      if (data && encoded === undefined) throw new Error(`The Secret ${ref.name} has no ${ref.key}.`)
      env[name] = encoded === undefined ? missing(ref) : Buffer.from(encoded, 'base64').toString()
    } else env[name] = value ?? valueFrom?.fieldRef?.fieldPath ?? ''
  }
  return env
}
