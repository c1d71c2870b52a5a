import type { KubernetesObject } from './kustomize.ts'

interface Model {
  prototype: { validate(this: unknown): void }
}

/**
 * Faults of an object by Kubernetes' own OpenAPI schemas, which the package kubernetes-models ships as validators. They accept unknown
 * fields, which the API server would not: a field is unknown if no validator reads it. This replaces kubeconform, which npm does not carry.
 */
export async function schemaFaults(object: KubernetesObject): Promise<string[]> {
  const { apiVersion, kind, metadata } = object
  const name = `${kind} ${metadata.name}`
  const module = `kubernetes-models/${apiVersion}`
  const models = (await import(/* @vite-ignore */ module)) as Record<string, Model>
  const model = models[kind]
  if (!model) return [`${name}: there is no ${kind} in ${apiVersion}`]
  const unread = new Set<string>()
  try {
    model.prototype.validate.call(watched(object, '', unread))
  } catch (fault) {
    return [`${name}: ${fault instanceof Error ? fault.message : String(fault)}`]
  }
  return [...unread].map((path) => `${name}: ${path} is an unknown field`)
}

/** A view of the value that takes every field out of `unread` once it is read. */
function watched<T>(value: T, path: string, unread: Set<string>): T {
  if (typeof value !== 'object' || value === null) return value
  const views = new Map<string, unknown>()
  for (const [key, item] of Object.entries(value)) {
    unread.add(`${path}.${key}`)
    views.set(key, watched(item as unknown, `${path}.${key}`, unread))
  }
  return new Proxy(value, {
    get(target, key, receiver) {
      if (typeof key === 'string' && views.has(key)) {
        unread.delete(`${path}.${key}`)
        return views.get(key)
      }
      return Reflect.get(target, key, receiver) as unknown
    },
  })
}
