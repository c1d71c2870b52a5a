import { createRequire } from 'node:module'
import type { IoLike } from '../../src/connection/link.ts'
import type { App } from './app.ts'
import { loadInPhone } from './realm.ts'

export const WEAPP_FILE = createRequire(import.meta.url).resolve('weapp.socket.io')

/** `weapp.socket.io` in an app of its own realm. */
export const loadWeapp = ({ phone, host }: App): IoLike => loadInPhone(WEAPP_FILE, phone, host.wx) as IoLike
