/** The two kinds of patches that kustomize knows, as far as k8s/ uses them. */

export interface JsonOperation {
  op: 'add' | 'replace' | 'remove'
  path: string
  value?: unknown
}

/** The field by which Kubernetes distinguishes the items of a list; a list of another name is replaced as a whole. */
const MERGE_KEYS: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  ports: 'containerPort',
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A strategic merge patch: null removes a field, and lists of named items are merged by name. */
export function mergePatch(base: unknown, patch: unknown, field = ''): unknown {
  if (Array.isArray(base) && Array.isArray(patch)) return mergeLists(base, patch, MERGE_KEYS[field])
  if (!isObject(base) || !isObject(patch)) return structuredClone(patch)
  const merged: Record<string, unknown> = { ...base }
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key]
    else merged[key] = mergePatch(base[key], isObject(value) && !isObject(base[key]) ? withoutNulls(value) : value, key)
  }
  return merged
}

/** New items come first, as in kustomize. */
function mergeLists(base: unknown[], patch: unknown[], key: string | undefined): unknown[] {
  if (key === undefined) return structuredClone(patch)
  const idOf = (item: unknown): unknown => (isObject(item) ? item[key] : undefined)
  const fresh = patch.filter((item) => !base.some((old) => idOf(old) === idOf(item)))
  const merged = base.map((old) => {
    const change = patch.find((item) => idOf(item) === idOf(old))
    return change === undefined ? old : mergePatch(old, change)
  })
  return [...structuredClone(fresh), ...merged]
}

const withoutNulls = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))

/** One operation of RFC 6902, in place. */
export function patchJson(target: unknown, { op, path, value }: JsonOperation): void {
  const steps = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  const last = steps.pop() ?? ''
  let parent: unknown = target
  for (const step of steps) parent = isObject(parent) || Array.isArray(parent) ? (parent as Record<string, unknown>)[step] : undefined
  if (Array.isArray(parent) && last === '-' && op === 'add') parent.push(structuredClone(value))
  else if (isObject(parent) && op === 'remove' && last in parent) delete parent[last]
  else if (isObject(parent) && (op === 'add' || (op === 'replace' && last in parent))) parent[last] = structuredClone(value)
  else throw new Error(`${op} ${path}: the path does not exist`)
}
