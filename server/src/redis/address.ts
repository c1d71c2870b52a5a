/** The address of Redis as REDIS_URL gives it. */
export interface RedisAddress {
  /** One node, or some nodes of a Redis Cluster, which name the others. */
  nodes: { host: string; port: number }[]
  username?: string
  password?: string
  tls: boolean
  db: number
}

const FORM = /^(rediss?):\/\/(?:([^@/]*)@)?([^@/]+)(?:\/(\d*))?$/

const DEFAULT_PORT = 6379

/**
 * Parses `redis[s]://[[user]:password@]host[:port][,host[:port] …][/database]`. User, password and TLS hold for the whole Redis and not for
 * a single node, so they are given once.
 * @throws Error with a message that holds no secret
 */
export function parseRedisAddress(text: string): RedisAddress {
  if (!/^rediss?:\/\//.test(text)) throw new Error('must start with redis:// or rediss://')
  const [form, scheme, credentials, hosts = '', db] = FORM.exec(text) ?? []
  const nodes = hosts.split(',').flatMap((host) => {
    const parsed = URL.parse(`redis://${host}`)
    return parsed?.hostname ? [{ host: parsed.hostname.replace(/^\[|\]$/g, ''), port: Number(parsed.port || DEFAULT_PORT) }] : []
  })
  const who = decoded(credentials)
  if (!form || !who || nodes.length !== hosts.split(',').length) {
    throw new Error('must read redis[s]://[[user]:password@]host[:port][,host[:port] …][/database]')
  }
  return { nodes, ...who, tls: scheme === 'rediss', db: Number(db || 0) }
}

/** Null if they cannot be parsed. */
function decoded(credentials = ''): Pick<RedisAddress, 'username' | 'password'> | null {
  try {
    const [username = '', ...rest] = credentials.split(':')
    const password = rest.join(':')
    return { ...(username && { username: decodeURIComponent(username) }), ...(password && { password: decodeURIComponent(password) }) }
  } catch {
    return null
  }
}

/** The same address without the password. */
export const withoutPassword = (text: string): string => text.replace(/^(\w+:\/\/[^@/:]*):[^@/]*@/, '$1:***@')
