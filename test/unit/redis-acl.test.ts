import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ROOT } from '../../tools/services/node.ts'

const users = new Map(
  readFileSync(join(ROOT, 'ops/redis/users.acl.template'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', ...rules] = line.split(' ')
      return [name, rules]
    }),
)
const allowed = (name: string): Set<string> =>
  new Set((users.get(name) ?? []).filter((rule) => rule.startsWith('+')).map((rule) => rule.slice(1).split('|')[0] ?? ''))

/** Commands that scripts below these paths call. */
function called(...places: string[]): Set<string> {
  const files = places.flatMap((place) => {
    const path = join(ROOT, 'server/src', place)
    return /\.\w+$/.test(place)
      ? [path]
      : readdirSync(path, { recursive: true, encoding: 'utf8' })
          .filter((file) => /\.(lua|ts)$/.test(file))
          .map((file) => join(path, file))
  })
  return new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/redis\.p?call\('(\w+)'/g)].map(([, command = '']) => command.toLowerCase()),
    ),
  )
}

test('the users of Redis may use every command that their scripts call', () => {
  expect([...called('match', 'matchmaking', 'realtime', 'registry.ts')].filter((command) => !allowed('server').has(command))).toEqual([])
  expect([...called('recorder', 'registry.ts')].filter((command) => !allowed('recorder').has(command))).toEqual([])
})

test('every user needs a password, and only the operator has all rights', () => {
  expect(users.get('default')).toEqual(['reset', 'off'])
  for (const [name, rules] of users) {
    if (name === 'default') continue
    expect(rules.slice(0, 3)).toEqual(['reset', 'on', `#\${${name.toUpperCase()}_SHA256}`])
    if (name !== 'operator') for (const rule of rules) expect(rule).not.toMatch(/^(\+@|allcommands|allkeys|allchannels|nopass|~\*|&\*)/)
  }
})
