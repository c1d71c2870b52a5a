/** Checks values against the schemas of docs/openapi.yaml and docs/asyncapi.yaml. */
import { Ajv, type ValidateFunction } from 'ajv'

type Json = Record<string, unknown>

/** Takes a value and the schema of a document. Returns the errors of the value, or '' if there are none. */
export type Check = (schema: object, value: unknown) => string

/**
 * The schemas of a document, for all values that must match them.
 * @param closed refuse fields that the document does not name, though clients must ignore them: this finds undocumented fields
 */
export function checkerOf(document: { components: { schemas: object } }, { closed }: { closed: boolean }): Check {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false })
  // The document as readers get it, and where its components are.
  ajv.addVocabulary(['x-errors', 'components'])
  const components = { schemas: closed ? close(document.components.schemas) : document.components.schemas }
  const compiled = new Map<object, ValidateFunction>()
  return (schema, value) => {
    let validate = compiled.get(schema)
    if (!validate) {
      // References of a document are relative to its root.
      validate = ajv.compile({ allOf: [closed ? close(schema) : schema], components } as Json)
      compiled.set(schema, validate)
    }
    return validate(value) ? '' : `${ajv.errorsText(validate.errors)}: ${JSON.stringify(value)}`
  }
}

/** The same schema for objects that have no further fields. */
function close(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(close)
  if (typeof schema !== 'object' || schema === null) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, close(value)]))
  return 'type' in schema && schema.type === 'object' ? { additionalProperties: false, ...inner } : inner
}

/** Every `$ref` of a document. */
export function refsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : []
  return [...own, ...Object.values(value).flatMap(refsOf)]
}

/** The value that a local reference names; undefined if there is none. */
export const resolveRef = (document: object, ref: string): unknown =>
  ref
    .replace(/^#\//, '')
    .split('/')
    .reduce<unknown>((value, name) => (value as Json | undefined)?.[name.replaceAll('~1', '/')], document)
