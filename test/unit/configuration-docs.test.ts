import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CONFIGURATION_FILE, configurationPage } from '../../tools/docs/configuration.ts'
import { schema } from '../../server/src/config.ts'

test('docs/configuration.md is the output of `npm run docs:configuration`', () => {
  expect(readFileSync(CONFIGURATION_FILE, 'utf8')).toBe(configurationPage())
})

test('it describes each variable', () => {
  const page = configurationPage()
  for (const name of Object.keys(schema.shape)) expect(page).toMatch(new RegExp(`^\\| \`${name}\` \\| \\S.* \\| \\S.{9,} \\|$`, 'm'))
  expect(page.match(/^## /gm)).toHaveLength(7)
})

test('it holds no default of the machine that it was made on', () => {
  expect(configurationPage()).toContain("| `NODE_NAME` | the host's name |")
})
