/**
 * A stand-in for kubectl that checks every command of docs/runbook.md against k8s/overlays/production, k8s/archive and k8s/monitoring: the
 * namespace, the verb and its flags, and that objects, containers, labels, keys of Secrets and paths of patches exist. `exec` runs its
 * command as the pod would, and `apply -k` and `create job` run Jobs. It ends with 1 on everything that it does not know.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { ROOT } from '../../tools/services/node.ts'
import { KubectlError, one, readCall, type Call } from './kubectl-arguments.ts'
import { runInPod, type Pods } from './kubectl-pod.ts'
import { kustomize, parseYaml, type KubernetesObject } from './kustomize.ts'
import { envOf, ofKind, specOf, workloads, type Container, type PodSpec, type Workload } from './manifests.ts'
import { mergePatch, patchJson, type JsonOperation } from './patches.ts'

const NAMESPACE = 'caiquan'
const KINDS: Record<string, string> = {
  pod: 'Pod',
  pods: 'Pod',
  deployment: 'Deployment',
  deployments: 'Deployment',
  job: 'Job',
  jobs: 'Job',
  cronjob: 'CronJob',
  service: 'Service',
  services: 'Service',
  hpa: 'HorizontalPodAutoscaler',
  networkpolicy: 'NetworkPolicy',
  networkpolicies: 'NetworkPolicy',
  secret: 'Secret',
  secrets: 'Secret',
  configmap: 'ConfigMap',
  configmaps: 'ConfigMap',
}
const objects = ['overlays/production', 'archive', 'monitoring'].flatMap((folder) => kustomize(join(ROOT, 'k8s', folder)))
const loads = workloads(objects)

interface Target {
  kind: string
  /** Undefined for all of the kind. */
  name: string | undefined
}

/** The name of the pod that a workload creates here. */
export const podOf = (name: string): string => `${name}-7d9c5b8f64-x2x4q`

/** Secrets that pods read, and their keys: no manifest contains them. */
function secretKeys(): Map<string, Set<string>> {
  const keys = new Map<string, Set<string>>()
  for (const { containers, pod } of loads) {
    for (const container of containers)
      envOf(container, objects, ({ name, key }) => (keys.set(name, (keys.get(name) ?? new Set()).add(key)), ''))
    for (const { secret } of pod.volumes ?? []) if (secret && !keys.has(secret.secretName)) keys.set(secret.secretName, new Set())
  }
  return keys
}

/** `deployment/a deployment/b`, `pod a b` or `pods`. */
function targetsOf(words: string[]): Target[] {
  if (words[0]?.includes('/')) {
    return words.map((word) => {
      const [kind = '', name] = word.split('/')
      return known({ kind: kindOf(kind), name })
    })
  }
  const [kind = '', ...names] = words
  return names.length ? names.map((name) => known({ kind: kindOf(kind), name })) : [{ kind: kindOf(kind), name: undefined }]
}

function kindOf(word: string): string {
  const kind = KINDS[word]
  if (!kind) throw new KubectlError(`the server doesn't have a resource type "${word}"`)
  return kind
}

function known(target: Target): Target {
  const { kind, name = '' } = target
  const there =
    kind === 'Pod'
      ? loads.some((load) => podOf(load.name) === name)
      : kind === 'Secret'
        ? secretKeys().has(name)
        : objects.some((object) => object.kind === kind && object.metadata.name === name)
  if (!there) throw new KubectlError(`Error from server (NotFound): ${kind} "${name}" not found`)
  return target
}

const loadOf = ({ kind, name = '' }: Target): Workload => {
  const load = loads.find((each) => (kind === 'Pod' ? podOf(each.name) === name : each.kind === kind && each.name === name))
  if (!load) throw new KubectlError(`${kind}/${name} has no pods`)
  return load
}

/** The workloads whose pods match a selector `key=value`. No match is an error, because the operator would see nothing. */
function selected(selector: string): Workload[] {
  const pairs = selector.split(',').map((pair) => pair.split('='))
  const found = loads.filter(({ labels }) => pairs.every(([key = '', value]) => labels[key] === value))
  if (!found.length) throw new KubectlError(`No resources found for ${selector}`)
  return found
}

function containerOf(load: Workload, name: string | undefined): Container {
  const container = name === undefined ? load.pod.containers[0] : load.containers.find((each) => each.name === name)
  if (!container) throw new KubectlError(`container ${name ?? ''} is not valid for ${load.name}`)
  return container
}

function objectOf({ kind, name }: Target): KubernetesObject {
  const object = objects.find((each) => each.kind === kind && each.metadata.name === name)
  if (!object) throw new KubectlError(`${kind} "${name ?? ''}" not found`)
  return object
}

const pods = (): Pods => JSON.parse(readFileSync(process.env['CAIQUAN_PODS'] ?? '', 'utf8')) as Pods

const verbs: Record<string, (call: Call) => number> = {
  get(call) {
    if (call.words[0] === 'events') return 0
    const selector = one(call, 'selector')
    const targets = targetsOf(call.words)
    const output = one(call, 'output')
    if (output !== undefined && !['name', 'wide', 'yaml'].includes(output))
      throw new KubectlError(`unable to match a printer suitable for the output format "${output}"`)
    const names =
      selector !== undefined
        ? selected(selector).map(({ name }) => `pod/${podOf(name)}`)
        : targets.map(({ kind, name = '' }) => `${kind.toLowerCase()}/${name}`)
    process.stdout.write(`${names.join('\n')}\n`)
    return 0
  },
  describe(call) {
    targetsOf(call.words)
    if (one(call, 'selector') !== undefined) selected(one(call, 'selector') ?? '')
    return 0
  },
  logs(call) {
    const selector = one(call, 'selector')
    const found =
      selector === undefined
        ? targetsOf(call.words.map((word) => (word.includes('/') ? word : `pod/${word}`))).map(loadOf)
        : selected(selector)
    if (!found.length) throw new KubectlError('expected a pod')
    for (const load of found) containerOf(load, one(call, 'container'))
    return 0
  },
  exec(call) {
    const [word = ''] = call.words
    const load = loadOf(targetsOf([word.includes('/') ? word : `pod/${word}`])[0] ?? { kind: '', name: '' })
    if (!call.command.length) throw new KubectlError('you must specify at least one command for the container')
    return runInPod(call.command, { container: containerOf(load, one(call, 'container')), objects, pods: pods() })
  },
  rollout(call) {
    const [action = '', ...rest] = call.words
    if (!['status', 'restart', 'undo', 'history'].includes(action)) throw new KubectlError(`unknown command "rollout ${action}"`)
    for (const target of targetsOf(rest))
      if (target.kind !== 'Deployment' || target.name === undefined) throw new KubectlError('only Deployments can be rolled out here')
    return 0
  },
  scale(call) {
    const replicas = Number(one(call, 'replicas'))
    if (!Number.isInteger(replicas)) throw new KubectlError('--replicas is required')
    for (const target of targetsOf(call.words)) {
      objectOf(target)
      const scaler = ofKind(objects, 'HorizontalPodAutoscaler').find(
        (each) => (specOf(each) as { scaleTargetRef: { name: string } }).scaleTargetRef.name === target.name,
      )
      // With 0 the autoscaler is off, which the upgrade from 0.1 uses.
      if (scaler && replicas > 0 && replicas !== (specOf(scaler) as { minReplicas: number }).minReplicas)
        throw new KubectlError(`the autoscaler of ${target.name ?? ''} would undo that`)
    }
    return 0
  },
  delete(call) {
    // Jobs that were created from a CronJob have its name.
    const [made] = call.words.length === 1 ? (/^job\/(\w+)-\w+$/.exec(call.words[0] ?? '')?.slice(1) ?? []) : []
    if (call.flags.has('ignore-not-found') && ofKind(objects, 'CronJob').some(({ metadata }) => metadata.name === made)) return 0
    targetsOf(call.words)
    return 0
  },
  apply(call) {
    const folder = one(call, 'kustomize')
    if (folder !== undefined) return applyFolder(folder)
    const given = parseYaml(readFileSync(one(call, 'filename') === '-' ? 0 : (one(call, 'filename') ?? ''), 'utf8')) as KubernetesObject[]
    for (const { kind, metadata, ...rest } of given) {
      known({ kind, name: metadata.name })
      if (metadata.namespace !== NAMESPACE) throw new KubectlError(`${metadata.name} belongs to ${metadata.namespace ?? 'no namespace'}`)
      // An apply replaces the existing Secret: without all keys, a pod does not start.
      if (kind === 'Secret')
        for (const key of secretKeys().get(metadata.name) ?? [])
          if (!(key in (rest['data'] as object))) throw new KubectlError(`Secret ${metadata.name} would lose ${key}`)
    }
    return 0
  },
  create(call) {
    const [kind, type = '', name = ''] = call.words
    if (kind === 'job' && type !== '') return runJob(objectOf(targetsOf([one(call, 'from') ?? ''])[0] ?? { kind: '', name: '' }))
    if (kind !== 'secret' || !['generic', 'tls'].includes(type)) throw new KubectlError(`unknown: create ${call.words.join(' ')}`)
    if (one(call, 'dry-run') !== 'client' || one(call, 'output') !== 'yaml')
      throw new KubectlError(`Error from server (AlreadyExists): secrets "${name}" already exists`)
    const data: Record<string, string> = {}
    const put = (key: string, value: string | Buffer): void => void (data[key] = Buffer.from(value).toString('base64'))
    for (const literal of call.flags.get('from-literal') ?? [])
      put(literal.slice(0, literal.indexOf('=')), literal.slice(literal.indexOf('=') + 1))
    for (const file of call.flags.get('from-file') ?? []) put(file.split('=')[0] ?? '', readFileSync(file.split('=').at(-1) ?? ''))
    if (type === 'tls') {
      put('tls.crt', readFileSync(one(call, 'cert') ?? ''))
      put('tls.key', readFileSync(one(call, 'key') ?? ''))
    }
    process.stdout.write(stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: NAMESPACE }, data }))
    return 0
  },
  patch(call) {
    const [target] = targetsOf(call.words)
    if (!target) throw new KubectlError('patch needs an object')
    const object = structuredClone(objectOf(target))
    const patch: unknown = JSON.parse(one(call, 'patch') ?? '')
    if (one(call, 'type') === 'json') for (const operation of patch as JsonOperation[]) patchJson(object, operation)
    else if (one(call, 'type') === 'merge') strangeField(object, mergePatch(object, patch), target.kind)
    else throw new KubectlError('--type json or merge')
    return 0
  },
  top(call) {
    if (call.words[0] !== 'pods') throw new KubectlError(`unknown: top ${call.words.join(' ')}`)
    if (one(call, 'selector') !== undefined) selected(one(call, 'selector') ?? '')
    return 0
  },
  wait(call) {
    if (!/^condition=(complete|available)$/.test(one(call, 'for') ?? '')) throw new KubectlError('unknown condition')
    targetsOf(call.words)
    return 0
  },
}

/** A merge patch that adds a field where none was is more likely misspelt. */
function strangeField(before: unknown, after: unknown, path: string): void {
  if (typeof after !== 'object' || after === null || Array.isArray(after)) return
  for (const [key, value] of Object.entries(after)) {
    if (typeof before !== 'object' || before === null || !(key in before)) throw new KubectlError(`unknown field "${path}.${key}"`)
    strangeField((before as Record<string, unknown>)[key], value, `${path}.${key}`)
  }
}

/** Runs the Jobs, as the cluster would. */
function applyFolder(folder: string): number {
  if (!existsSync(folder)) throw new KubectlError(`${folder} does not exist`)
  const applied = kustomize(folder)
  for (const { kind, pod } of workloads(applied)) {
    const [container] = pod.containers
    if (kind !== 'Job' || !container) continue
    const code = runInPod(['node', 'server/main.ts', ...(container.args ?? [])], { container, objects: applied, pods: pods() })
    if (code) throw new KubectlError(`the Job ended with ${code}`)
  }
  return 0
}

/** The Job that `create job --from` makes of a CronJob. */
function runJob(cronJob: KubernetesObject): number {
  const { jobTemplate } = specOf(cronJob) as { jobTemplate: { spec: { template: { spec: PodSpec } } } }
  const [container] = jobTemplate.spec.template.spec.containers
  if (!container) throw new KubectlError(`${cronJob.metadata.name} has no container`)
  const command = [...(container.command ?? []), ...(container.args ?? [])]
  return runInPod(command.slice(command.indexOf('--') + 1), { container, objects, pods: pods() })
}

function main(args: string[]): number {
  const call = readCall(args)
  const namespace = one(call, 'namespace')
  if (namespace !== NAMESPACE && !call.flags.has('kustomize')) throw new KubectlError(`-n ${NAMESPACE} is missing`)
  return verbs[call.verb]?.(call) ?? 1
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = error instanceof KubectlError ? error.code : 1
  }
}
