import { describe, expect, test } from 'vitest'
import { parseRedisAddress, withoutPassword } from '../../server/src/redis/address.ts'

describe('the address of Redis', () => {
  test.each([
    ['redis://127.0.0.1', { nodes: [{ host: '127.0.0.1', port: 6379 }], tls: false, db: 0 }],
    ['redis://cache:7000/3', { nodes: [{ host: 'cache', port: 7000 }], tls: false, db: 3 }],
    ['redis://cache:80/', { nodes: [{ host: 'cache', port: 80 }], tls: false, db: 0 }],
    ['rediss://:hush@cache', { nodes: [{ host: 'cache', port: 6379 }], password: 'hush', tls: true, db: 0 }],
    ['redis://server@cache', { nodes: [{ host: 'cache', port: 6379 }], username: 'server', tls: false, db: 0 }],
    ['redis://[::1]:7000', { nodes: [{ host: '::1', port: 7000 }], tls: false, db: 0 }],
    [
      'rediss://server:p%40ss:w%2Frd@one:7001,two,[fd00::3]:7003',
      {
        nodes: [
          { host: 'one', port: 7001 },
          { host: 'two', port: 6379 },
          { host: 'fd00::3', port: 7003 },
        ],
        username: 'server',
        password: 'p@ss:w/rd',
        tls: true,
        db: 0,
      },
    ],
  ])('%s is parsed', (text, address) => {
    expect(parseRedisAddress(text)).toEqual(address)
  })

  test.each([
    '',
    'cache:6379',
    'http://cache',
    'redis://',
    'redis://one,,two',
    'redis://one,redis://two',
    'redis://us%er:%zz@one',
    'redis://one:seven',
    'redis://one/x',
  ])('%j is refused', (text) => {
    expect(() => parseRedisAddress(text)).toThrow(/^must /)
  })

  test('its password is not in its printed form', () => {
    const text = 'rediss://server:h%2Cush:hush@one:7001,two:7002/0'
    expect(withoutPassword(text)).toBe('rediss://server:***@one:7001,two:7002/0')
    expect(withoutPassword('redis://:hush@one')).toBe('redis://:***@one')
    expect(withoutPassword('redis://one:7001')).toBe('redis://one:7001')
    for (const broken of [`${text}/`, text.replace('7001', 'hush')]) expect(() => parseRedisAddress(broken)).toThrow(/^((?!hush).)*$/)
  })
})
