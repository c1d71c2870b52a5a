import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { ERRORS } from '../../src/errors.ts'
import { ensurePackage } from '../support/consumer.ts'

const ROOT = join(import.meta.dirname, '../..')
beforeAll(() => ensurePackage(), 60_000)

test('the public API is what its report says: a change is made on purpose (`npm run api -w client-sdk`)', () => {
  const config = ExtractorConfig.loadFileAndPrepare(join(ROOT, 'api-extractor.json'))
  const messages: string[] = []
  const { apiReportChanged, errorCount } = Extractor.invoke(config, {
    localBuild: false,
    messageCallback: (message) => {
      message.handled = true
      if (message.logLevel === ExtractorLogLevel.Error || message.logLevel === ExtractorLogLevel.Warning) messages.push(message.text)
    },
  })
  expect(errorCount, messages.join('\n')).toBe(0)
  expect(apiReportChanged, messages.join('\n')).toBe(false)
}, 60_000)

test('the exports that teams use first have a docstring', () => {
  const report = readFileSync(join(ROOT, 'api/caiquan-client.api.md'), 'utf8')
  const silent = [...report.matchAll(/@public \(undocumented\)\nexport (?:declare )?(?:function|class|interface) (\w+)/g)].map(
    ([, name]) => name,
  )
  // The short types of the contract need no description.
  expect(
    silent.filter(
      (name) => !/(Request|Reply|View|Event|Events|Entry|Commands|Player|Match|Round|Body|Auth|Profile|Result)$/.test(String(name)),
    ),
  ).toEqual([])
})

test.each(['README.md', 'README.zh-CN.md'])('every error code, of the server and of the client, is in %s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  for (const code of [
    ...Object.keys(ERRORS),
    'network',
    'timeout',
    'disconnected',
    'bad_reply',
    'refused',
    'login_failed',
    'closed',
    'replaced',
    'cancelled',
    'no_match',
  ])
    expect(text, code).toContain(`\`${code}\``)
})
