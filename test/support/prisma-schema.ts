/** Reads as much of schema.prisma as our models use, into the terms of information_schema. */

export interface Column {
  name: string
  /** As MySQL prints it, in lower case: `varchar(32)`. */
  type: string
  nullable: boolean
  /** As MySQL prints it; null for none. */
  default: string | null
  autoIncrement: boolean
}

export interface Table {
  name: string
  columns: Column[]
  primaryKey: string[]
  unique: string[][]
  indexes: string[][]
  foreignKeys: { columns: string[]; table: string; references: string[]; onDelete: string }[]
}

const TYPES: Record<string, string> = {
  String: 'varchar(191)',
  Int: 'int',
  BigInt: 'bigint',
  DateTime: 'datetime(3)',
  Boolean: 'tinyint',
  Bytes: 'longblob',
  Json: 'json',
}

const list = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
const inBrackets = (attribute: string, name: string): string[] => list(new RegExp(`${name}:\\s*\\[([^\\]]*)\\]`).exec(attribute)?.[1])

/** @throws Error on anything that it does not know, so that nothing stays unchecked */
export function parseSchema(schema: string): Table[] {
  const bodies = [...schema.matchAll(/^model (\w+) \{\n(.*?)^\}/gms)].map(([, name = '', body = '']) => ({ name, body }))
  const models = new Set(bodies.map(({ name }) => name))
  return bodies.map(({ name, body }) => {
    const table: Table = { name, columns: [], primaryKey: [], unique: [], indexes: [], foreignKeys: [] }
    for (const raw of body.split('\n')) {
      const line = raw.trim()
      if (line === '' || line.startsWith('//')) continue
      if (line.startsWith('@@')) addBlockAttribute(table, line)
      else addField(table, line, models)
    }
    return table
  })
}

/** An expression without the parts that servers print differently: case, quotes of names, character sets, blanks and outer parentheses. */
export const bareExpression = (text: string): string =>
  text
    .toLowerCase()
    .replaceAll(/_utf8mb4|`|\\|\s/g, '')
    .replaceAll(/^\((.*)\)$/g, '$1')

function addBlockAttribute(table: Table, line: string): void {
  const [, kind, columns] = /^@@(id|unique|index)\(\[([^\]]*)\]\)$/.exec(line) ?? []
  if (kind === 'id') table.primaryKey = list(columns)
  else if (kind === 'unique') table.unique.push(list(columns))
  else if (kind === 'index') table.indexes.push(list(columns))
  else throw new Error(`unknown block attribute: ${line}`)
}

function addField(table: Table, line: string, models: Set<string>): void {
  const [, name = '', type = '', mark = '', attributes = ''] = /^(\w+)\s+(\w+)(\[\]|\?)?\s*(.*)$/.exec(line) ?? []
  if (models.has(type)) {
    const relation = /@relation\(([^@]*)\)/.exec(attributes)?.[1] ?? ''
    const columns = inBrackets(relation, 'fields')
    if (columns.length) {
      const onDelete = /onDelete:\s*(\w+)/.exec(relation)?.[1]?.toUpperCase() ?? 'RESTRICT'
      table.foreignKeys.push({ columns, table: type, references: inBrackets(relation, 'references'), onDelete })
    }
    return
  }
  const base = TYPES[type]
  if (!base) throw new Error(`unknown type: ${line}`)
  const native = /@db\.(\w+)(\(\d+\))?/.exec(attributes)
  const generated = /@default\(dbgenerated\("(.*)"\)\)/.exec(attributes)?.[1]
  const given = generated === undefined ? /@default\((.*?)\)(?=\s|$)/.exec(attributes)?.[1] : bareExpression(generated)
  const autoIncrement = given === 'autoincrement()'
  table.columns.push({
    name,
    type: native ? `${native[1]?.toLowerCase()}${native[2] ?? ''}` : base,
    nullable: mark === '?',
    default: given === undefined || autoIncrement ? null : given === 'now()' ? 'current_timestamp(3)' : given.replaceAll('"', ''),
    autoIncrement,
  })
  if (/@id\b/.test(attributes)) table.primaryKey = [name]
  if (/@unique\b/.test(attributes)) table.unique.push([name])
}
