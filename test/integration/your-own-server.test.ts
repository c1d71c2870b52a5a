import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { HttpErrorBody, LoginReply } from '../../client-sdk/src/protocol.ts'
import type { Cluster } from '../../tools/cluster/cluster.ts'
import { ROOT } from '../../tools/services/node.ts'
import { testCluster } from '../support/cluster.ts'
import { http } from '../support/http.ts'
import { blocksOf, copyProject } from '../support/project-copy.ts'

// The second part of docs/your-own-server.md, in a copy of the project. The first part is a test of the SDK.

const PAGE = readFileSync(join(ROOT, 'docs/your-own-server.md'), 'utf8')
const blocks = blocksOf(PAGE).filter(({ file }) => file.startsWith('server/'))
const copy = join(inject('testDir'), 'own-accounts')
/** Tickets that are valid for one login, by account. */
const tickets = new Map([
  ['t1', 'account-1'],
  ['t2', 'account-1'],
])
const accounts = createServer((request, response) => {
  const ticket = request.url?.split('/').at(-1) ?? ''
  const account = tickets.get(ticket)
  tickets.delete(ticket)
  response.writeHead(ticket === 'down' ? 503 : account ? 200 : 404).end(JSON.stringify(account ? { account } : {}))
})
let cluster: Cluster

beforeAll(async () => {
  await new Promise<void>((resolve) => accounts.listen(0, '127.0.0.1', resolve))
  copyProject(copy, blocks)
  const [, file = '', passed = ''] = /^In \[`(\S+)`\].*pass `createOwnAccounts\('[^']+'\)` instead of `(.+?)`/m.exec(PAGE) ?? []
  const changed = join(copy, file)
  const source = readFileSync(changed, 'utf8')
  expect(source.split(passed)).toHaveLength(2)
  const url = `http://127.0.0.1:${(accounts.address() as AddressInfo).port}`
  writeFileSync(
    changed,
    `import { createOwnAccounts } from '../players/own-accounts.ts'\n${source
      .replace(passed, `createOwnAccounts('${url}')`)
      .replace(/import \{ createWechat \} .*\n/, '')}`,
  )
  cluster = await testCluster({ nodes: 1, program: join(copy, 'server/main.ts') })
})
afterAll(async () => {
  await cluster?.close()
  accounts.close()
  rmSync(copy, { recursive: true, force: true })
})

test('the code on the page compiles', async () => {
  writeFileSync(
    join(copy, 'tsconfig.own.json'),
    JSON.stringify({ extends: './tsconfig.json', include: [], files: [join(copy, 'server/src/main.ts')] }),
  )
  await promisify(execFile)(join(ROOT, 'node_modules/.bin/tsc'), ['--noEmit', '-p', join(copy, 'tsconfig.own.json')], { cwd: copy })
}, 120_000)

test('players log in with tickets of the accounts service', async () => {
  const login = (code: string) => http<LoginReply & HttpErrorBody>(`${cluster.nodes[0]?.url}/api/login`, { method: 'POST', body: { code } })
  const first = await login('t1')
  expect(first.status).toBe(200)
  expect((await login('t2')).body.player.id).toBe(first.body.player.id)
  expect((await login('t1')).body.error.code).toBe('invalid_code')
  expect((await login('down')).body.error.code).toBe('wechat_unavailable')
})
