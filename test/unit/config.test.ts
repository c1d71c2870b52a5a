import { expect, test } from 'vitest'
import { ConfigError, printable, publicUrlOf, readConfig, warningsOf } from '../../server/src/config.ts'

const env = {
  REDIS_URL: 'redis://:hush-redis@127.0.0.1:6379',
  DATABASE_URL: 'mysql://caiquan:hush-mysql@127.0.0.1:3306/caiquan',
  WECHAT_APPID: 'wx0123456789abcdef',
  WECHAT_SECRET: 'hush-wechat',
}

test('all mistakes are reported at once, each with its variable', () => {
  const broken = () => readConfig({ ...env, REDIS_URL: 'http://nowhere', PORT: 'many', WECHAT_SECRET: '' })
  expect(broken).toThrow(ConfigError)
  expect(broken).toThrow(/PORT: .*REDIS_URL: must start with redis:.*WECHAT_SECRET: is required/s)
})

test('production refuses to start against a stand-in for WeChat', () => {
  const production = { ...env, NODE_ENV: 'production' }
  expect(readConfig(production).WECHAT_API_URL).toBe('https://api.weixin.qq.com')
  for (const url of ['http://127.0.0.1:4000', 'https://api.weixin.qq.com.example.org', 'http://api.weixin.qq.com']) {
    expect(() => readConfig({ ...production, WECHAT_API_URL: url })).toThrow(/WECHAT_API_URL: in production, requests go only to WeChat/)
  }
  expect(readConfig({ ...env, WECHAT_API_URL: 'http://127.0.0.1:4000' }).NODE_ENV).toBe('development')
})

test('the output at start holds no secret', () => {
  const text = JSON.stringify(printable(readConfig(env)))
  expect(text).not.toContain('hush')
  expect(text).toContain('127.0.0.1:3306')
})

test('the configuration cannot be changed once it is read', () => {
  expect(Object.isFrozen(readConfig(env))).toBe(true)
})

test('a list of nodes needs REDIS_CLUSTER=on, and a private authority needs rediss://', () => {
  const several = { ...env, REDIS_URL: 'redis://:hush@one:7001,two:7002' }
  expect(readConfig({ ...several, REDIS_CLUSTER: 'on' }).REDIS_CLUSTER).toBe(true)
  expect(() => readConfig(several)).toThrow(/REDIS_CLUSTER=on/)
  expect(() => readConfig({ ...env, REDIS_CLUSTER: 'on', REDIS_URL: 'redis://one/1' })).toThrow(/database 0 only/)
  expect(() => readConfig({ ...env, REDIS_CA: '/etc/ca.pem' })).toThrow(/rediss:\/\/ only/)
  expect(JSON.stringify(printable(readConfig({ ...several, REDIS_CLUSTER: 'on' })))).not.toContain('hush')
})

test('a phone has at least five seconds to show its session', () => {
  expect(readConfig({ ...env, UNAUTHENTICATED_MS: '5000' }).UNAUTHENTICATED_MS).toBe(5000)
  expect(() => readConfig({ ...env, UNAUTHENTICATED_MS: '4999' })).toThrow(/UNAUTHENTICATED_MS/)
})

test('pictures have addresses below the configured one, and production keeps none without it', () => {
  expect(publicUrlOf(readConfig({ ...env, PUBLIC_URL: 'https://play.example/' }))).toBe('https://play.example')
  expect(publicUrlOf(readConfig({ ...env, PORT: '3001' }))).toBe('http://localhost:3001')
  expect(publicUrlOf(readConfig({ ...env, NODE_ENV: 'production' }))).toBeNull()
  expect(() => readConfig({ ...env, PUBLIC_URL: 'javascript:alert(1)' })).toThrow(/PUBLIC_URL/)
})

test('content safety needs the message push, hides its secrets, and production is warned without it', () => {
  const safe = { ...env, CONTENT_SAFETY: 'wechat', WECHAT_PUSH_TOKEN: 'hushToken', WECHAT_PUSH_AES_KEY: `hush${'k'.repeat(39)}` }
  expect(readConfig(safe).CONTENT_SAFETY).toBe('wechat')
  expect(JSON.stringify(printable(readConfig(safe)))).not.toContain('hush')
  expect(() => readConfig({ ...safe, WECHAT_PUSH_TOKEN: '' })).toThrow(/WECHAT_PUSH_TOKEN is required/)
  expect(readConfig({ ...safe, WECHAT_PUSH_TOKEN: '' }, 'recorder').CONTENT_SAFETY).toBe('wechat')
  expect(() => readConfig({ ...safe, WECHAT_PUSH_AES_KEY: 'short' })).toThrow(/WECHAT_PUSH_AES_KEY: must be the 43 characters/)
  expect(warningsOf(readConfig({ ...env, NODE_ENV: 'production' }))).toEqual([expect.stringContaining('CONTENT_SAFETY is off')])
  expect(warningsOf(readConfig({ ...safe, NODE_ENV: 'production' }))).toEqual([])
  expect(warningsOf(readConfig(env))).toEqual([])
})
