import type { PublicPlayer } from '../protocol.ts'

/** Whether it is an object with these fields, each of this type (`array` for arrays). */
export function has(value: unknown, fields: Record<string, 'string' | 'number' | 'object' | 'array' | 'boolean'>): boolean {
  if (typeof value !== 'object' || value === null) return false
  const record = value as Record<string, unknown>
  return Object.keys(fields).every((name) => {
    const field = record[name]
    return fields[name] === 'array' ? Array.isArray(field) : field !== null && typeof field === fields[name]
  })
}

export const isPlayer = (value: unknown): value is PublicPlayer => has(value, { id: 'string', nickname: 'string' })
export const isMe = (value: unknown): value is { player: PublicPlayer } =>
  has(value, { player: 'object' }) && isPlayer((value as { player: unknown }).player)
