import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { mergePatch, patchJson, type JsonOperation } from './patches.ts'

/**
 * `kubectl kustomize` as far as k8s/ uses it, so that what is applied can be checked without kubectl. Everything else in a kustomization is
 * refused, and so is what the real one refuses: files outside its folder.
 *
 * It stays although the real one exists: kustomize and kubeconform are programs in Go that npm does not carry, and everything that a test
 * needs must come with `npm ci`.
 */

export interface KubernetesObject extends Record<string, unknown> {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
}

interface Generator {
  name: string
  behavior?: 'create' | 'merge'
  literals?: string[]
  files?: string[]
}
interface Image {
  name: string
  newName?: string
  newTag?: string
  /** `sha256:…`; replaces the tag. */
  digest?: string
}
interface Kustomization {
  apiVersion: string
  kind: string
  namespace?: string
  labels?: { pairs: Record<string, string> }[]
  resources?: string[]
  /** Folders whose kustomizations are of the kind Component: they patch the objects of the resources. */
  components?: string[]
  images?: Image[]
  replicas?: { name: string; count: number }[]
  configMapGenerator?: Generator[]
  secretGenerator?: Generator[]
  patches?: { path?: string; patch?: string; target?: { kind: string; name: string } }[]
}
const KNOWN: (keyof Kustomization)[] = [
  'apiVersion',
  'kind',
  'namespace',
  'labels',
  'resources',
  'components',
  'images',
  'replicas',
  'configMapGenerator',
  'secretGenerator',
  'patches',
]

interface Resource {
  object: KubernetesObject
  /** Its name gets a digest of its content at the end. */
  generated: boolean
}

/** The objects that `kubectl apply -k folder` would apply. */
export function kustomize(folder: string): KubernetesObject[] {
  const resources = build(resolve(folder))
  const names = new Map<string, string>()
  for (const { object, generated } of resources) {
    if (!generated) continue
    const { kind, metadata } = object
    const digest = createHash('sha256').update(JSON.stringify(object)).digest('hex').slice(0, 10)
    names.set(`${kind}/${metadata.name}`, `${metadata.name}-${digest}`)
    metadata.name = `${metadata.name}-${digest}`
  }
  for (const { object } of resources) rename(object, names)
  return resources.map(({ object }) => object)
}

/** @param resources that a component adds to and changes */
function build(folder: string, kind: 'Kustomization' | 'Component' = 'Kustomization', resources: Resource[] = []): Resource[] {
  const [file] = parseYaml(readFileSync(join(folder, 'kustomization.yaml'), 'utf8')) as Kustomization[]
  const version = kind === 'Component' ? 'v1alpha1' : 'v1beta1'
  if (!file || file.apiVersion !== `kustomize.config.k8s.io/${version}` || file.kind !== kind)
    throw new Error(`${folder} holds no ${kind.toLowerCase()}`)
  const unknownKey = Object.keys(file).find((key) => !(KNOWN as string[]).includes(key))
  if (unknownKey) throw new Error(`${folder}: this renderer does not support ${unknownKey}`)

  for (const name of file.resources ?? []) {
    if (statSync(join(folder, name)).isDirectory()) resources.push(...build(join(folder, name)))
    else resources.push(...(parseYaml(read(folder, name)) as KubernetesObject[]).map((object) => ({ object, generated: false })))
  }
  for (const name of file.components ?? []) build(join(folder, name), 'Component', resources)
  const seen = new Set<string>()
  for (const { object } of resources) {
    const id = `${object.apiVersion} ${object.kind} ${object.metadata.name}`
    if (seen.has(id)) throw new Error(`${folder}: ${id} is there twice`)
    seen.add(id)
  }
  for (const generator of file.configMapGenerator ?? []) generate(resources, 'ConfigMap', generator, folder)
  for (const generator of file.secretGenerator ?? []) generate(resources, 'Secret', generator, folder)
  for (const { path, patch, target } of file.patches ?? [])
    applyPatch(resources, path === undefined ? (patch ?? '') : read(folder, path), target)
  for (const { object } of resources) {
    if (file.namespace !== undefined) object.metadata[object.kind === 'Namespace' ? 'name' : 'namespace'] = file.namespace
    for (const { pairs } of file.labels ?? []) object.metadata.labels = { ...object.metadata.labels, ...pairs }
    for (const { name, count } of file.replicas ?? []) {
      if (object.metadata.name === name && 'spec' in object && ['Deployment', 'StatefulSet'].includes(object.kind))
        Object.assign(object['spec'] as object, { replicas: count })
    }
    for (const image of file.images ?? []) retag(object, image)
  }
  return resources
}

function read(folder: string, name: string): string {
  const path = join(folder, name)
  if (relative(folder, path).startsWith('..')) throw new Error(`${name} is not in or below ${folder}`)
  return readFileSync(path, 'utf8')
}

/** As YAML 1.1, in which `on`, `off`, `yes` and `0440` are not strings: Kubernetes reads them so. */
export function parseYaml(text: string): unknown[] {
  return parseAllDocuments(text, { version: '1.1' }).map((document) => {
    const [error] = document.errors
    if (error) throw error
    return document.toJS() as unknown
  })
}

function generate(
  resources: Resource[],
  kind: 'ConfigMap' | 'Secret',
  { name, behavior = 'create', literals = [], files = [] }: Generator,
  folder: string,
): void {
  const data: Record<string, string> = {}
  for (const literal of literals) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(literal) ?? []
    if (!key) throw new Error(`${literal} is not key=value`)
    data[key] = kind === 'Secret' ? Buffer.from(value).toString('base64') : value
  }
  for (const entry of files) {
    const [key = '', path = key] = entry.split('=')
    data[entry.includes('=') ? key : basename(path)] = read(folder, path)
  }
  const existing = resources.find(({ object }) => object.kind === kind && object.metadata.name === name)
  if (behavior === 'merge') {
    if (!existing) throw new Error(`there is no ${kind} ${name} to merge with`)
    existing.object['data'] = { ...(existing.object['data'] as object), ...data }
    return
  }
  if (existing) throw new Error(`${kind} ${name} exists already`)
  resources.push({
    object: { apiVersion: 'v1', kind, ...(kind === 'Secret' ? { type: 'Opaque' } : {}), metadata: { name }, data },
    generated: true,
  })
}

function applyPatch(resources: Resource[], text: string, target?: { kind: string; name: string }): void {
  const [content, ...more] = parseYaml(text)
  if (more.length > 0) throw new Error('one patch, one document')
  const patch = content as KubernetesObject
  if (Array.isArray(content) && !target) throw new Error('a JSON patch needs a target')
  const isMeant = ({ object }: Resource): boolean =>
    target
      ? object.kind === target.kind && new RegExp(`^(${target.name})$`).test(object.metadata.name)
      : object.apiVersion === patch.apiVersion && object.kind === patch.kind && object.metadata.name === patch.metadata.name
  const meant = resources.filter(isMeant)
  if (meant.length === 0) throw new Error(`nothing to patch: ${target?.kind ?? patch.kind} ${target?.name ?? patch.metadata.name}`)
  for (const resource of meant) {
    if (Array.isArray(content)) for (const operation of content as JsonOperation[]) patchJson(resource.object, operation)
    else if (patch['$patch'] === 'delete') resources.splice(resources.indexOf(resource), 1)
    else resource.object = mergePatch(resource.object, patch) as KubernetesObject
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

function walk(value: unknown, visit: (object: Record<string, unknown>) => void): void {
  if (Array.isArray(value)) for (const item of value) walk(item, visit)
  else if (isObject(value)) {
    visit(value)
    for (const item of Object.values(value)) walk(item, visit)
  }
}

/** As kustomize does: a digest replaces the tag, and an image that is pinned already keeps its digest unless a tag or a digest is given. */
function retag(object: KubernetesObject, { name, newName = name, newTag, digest }: Image): void {
  walk(object, (part) => {
    const { image } = part
    if (typeof image !== 'string') return
    const [, base, tag = '', pinned = ''] = /^([^@]*?)(:[^:@/]+)?(@sha256:[0-9a-f]{64})?$/.exec(image) ?? []
    if (base !== name) return
    if (digest !== undefined) part['image'] = `${newName}@${digest}`
    else part['image'] = newTag === undefined ? `${newName}${tag}${pinned}` : `${newName}:${newTag}`
  })
}

/** The places that mention the name of a ConfigMap or of a Secret. */
function rename(object: KubernetesObject, names: Map<string, string>): void {
  const replace = (part: unknown, key: string, kind: string): void => {
    if (!isObject(part)) return
    const renamed = names.get(`${kind}/${String(part[key])}`)
    if (renamed !== undefined) part[key] = renamed
  }
  walk(object, (part) => {
    replace(part['configMap'], 'name', 'ConfigMap')
    replace(part['configMapRef'], 'name', 'ConfigMap')
    replace(part['configMapKeyRef'], 'name', 'ConfigMap')
    replace(part['secretKeyRef'], 'name', 'Secret')
    replace(part['secretRef'], 'name', 'Secret')
    replace(part['secret'], 'secretName', 'Secret')
  })
}
