import { afterEach, expect, test, vi } from 'vitest'
import { askForNotice } from '../../../miniprogram/services/waiting-notice.ts'

afterEach(() => vi.unstubAllGlobals())

type Callbacks = { success(result: object): void; fail(error: object): void }

function phone(answer: string | null, statusCode = 204): object[] {
  const requests: object[] = []
  vi.stubGlobal('wx', {
    getStorageSync: () => 'session',
    requestSubscribeMessage: ({ success, fail }: Callbacks) => (answer === null ? fail({ errCode: 20004 }) : success({ template: answer })),
    request: (option: Callbacks & { url: string; method: string; header: object }) => {
      requests.push({ url: option.url, method: option.method, header: option.header })
      option.success({ statusCode })
    },
  })
  return requests
}

test('only consents are sent to the server', async () => {
  const requests = phone('accept')
  expect(await askForNotice('template', 'https://play.example')).toBe(true)
  expect(requests).toEqual([{ url: 'https://play.example/api/me/consent', method: 'PUT', header: { sessionid: 'session' } }])
  for (const answer of ['reject', 'ban', 'filter', null]) {
    const none = phone(answer)
    expect(await askForNotice('template', 'https://play.example')).toBe(false)
    expect(none).toEqual([])
  }
})

test('a consent that the server did not accept is shown as an error', async () => {
  phone('accept', 503)
  await expect(askForNotice('template', 'https://play.example')).rejects.toMatchObject({ code: 'unavailable' })
})
