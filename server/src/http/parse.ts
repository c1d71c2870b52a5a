import type { z } from 'zod'
import { CatalogueError } from '../errors.ts'

/** The value if it fits the schema. @throws CatalogueError bad_request that names the first error, never the value */
export function parse<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : ''
  throw new CatalogueError('bad_request', { message: `${where}${issue?.message ?? 'not valid'}`.slice(0, 200) })
}
