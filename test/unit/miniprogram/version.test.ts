import { expect, test } from 'vitest'
import { isOlder } from '../../../miniprogram/services/version.ts'

test.each([
  ['2.33.0', '3.0.0', true],
  ['3.0.0', '3.0.0', false],
  ['3.0.1', '3.0.0', false],
  ['3.9.0', '3.10.0', true],
  ['3.10.0', '3.9.0', false],
  ['3.0', '3.0.1', true],
])('base library %s against %s', (version, than, older) => {
  expect(isOlder(version, than)).toBe(older)
})
