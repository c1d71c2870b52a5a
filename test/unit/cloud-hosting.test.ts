import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readConfig, schema } from '../../server/src/config.ts'

interface Template {
  containerPort: number
  dockerfilePath: string
  minNum: number
  envParams: Record<string, string>
}
const template = JSON.parse(readFileSync('container.config.json', 'utf8')) as Template

test('the container template starts a production server without an AppSecret, once its two addresses are filled in', () => {
  const filled = Object.fromEntries(
    Object.entries(template.envParams).map(([name, value]) => [name, value.replaceAll('ADDRESS', '10.0.0.2')]),
  )
  const config = readConfig({ ...filled, NODE_ENV: 'production' })
  expect(config.WECHAT_CLOUD).toBe(true)
  expect(Object.keys(template.envParams).filter((name) => !(name in schema.shape))).toEqual([])
})

test('it opens the port that the server listens on, builds the existing image, and always keeps one instance', () => {
  expect(template.containerPort).toBe(schema.shape.PORT.parse(undefined))
  expect(readFileSync(template.dockerfilePath, 'utf8')).toContain(`EXPOSE ${template.containerPort}`)
  expect(template.minNum).toBeGreaterThan(0)
})

test('outside cloud hosting a server needs the AppSecret', () => {
  expect(() => readConfig({ ...template.envParams, WECHAT_CLOUD: 'off' })).toThrow('WECHAT_SECRET: is required')
})
