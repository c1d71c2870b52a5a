import { expect } from 'vitest'
import type { GameClient } from '../../src/client/client.ts'
import type * as Sdk from '../../src/index.ts'
import { ensureBuilt, MINI_PROGRAM_FILE } from './built.ts'
import { fakeWx, type FakeWx } from './fake-wx.ts'
import { Phone, type PhoneOptions } from './phone.ts'
import { loadInPhone } from './realm.ts'
import { until } from './until.ts'

export type SdkModule = typeof Sdk

/** A mini program with the SDK's shipping file in it, on a phone of its own. */
export interface App {
  phone: Phone
  host: FakeWx
  sdk: SdkModule
}

export interface AppOptions extends PhoneOptions {
  /** The player: login codes are `<name>.<n>`. */
  name: string
  storage?: Map<string, string>
}

let codes = 0

/** Starts an app: its code is loaded again; its storage may be that of an earlier run. */
export function startApp({ name, storage, ...options }: AppOptions): App {
  ensureBuilt()
  const phone = new Phone(options)
  const host = fakeWx({ phone, code: () => `${name}.${process.pid}-${++codes}`, ...(storage ? { storage } : {}) })
  const sdk = loadInPhone(MINI_PROGRAM_FILE, phone, host.wx) as SdkModule
  return { phone, host, sdk }
}

/** Closes the client and checks that nothing of it is left: no socket, no listener, no timer, and no error on the way. */
export async function closeCleanly({ phone, host }: App, client: GameClient): Promise<void> {
  client.close()
  await until(() => host.tasks.every((task) => !task.alive || task.closeAsked), 'every native socket asked to close')
  await until(() => phone.timersRunning === 0, `no timer left (${phone.timersRunning})`)
  await until(() => host.tasks.every((task) => !task.alive), 'every native socket closed')
  expect(host.listeners, 'listeners left').toBe(0)
  // One, and a second attempt beside one that is late.
  expect(host.maxOpen, 'sockets open at once').toBeLessThanOrEqual(2)
  expect(phone.faults).toEqual([])
}

export const online = (client: GameClient, ms?: number): Promise<void> => until(() => client.state.status === 'online', 'online', ms)
