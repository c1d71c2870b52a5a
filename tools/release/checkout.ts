import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

/** What is uploaded from a folder that WeChat DevTools opens, and with which settings. */
export interface Checkout {
  kind: 'miniprogram' | 'minigame'
  /** Bytes of each file that goes into the package. */
  files: ReadonlyMap<string, number>
  /** The text of each source: scripts, templates, settings. */
  sources: ReadonlyMap<string, string>
  project: ProjectConfig
  app: AppConfig
}

export interface ProjectConfig {
  appid?: string
  compileType?: string
  libVersion?: string
  miniprogramRoot?: string
  setting?: { urlCheck?: boolean }
  packOptions?: { ignore?: { type: string; value: string }[] }
}

export interface AppConfig {
  pages?: string[]
  debug?: boolean
  sitemapLocation?: string
}

/** There is no project to check; the message says what was looked for. */
export class CheckoutError extends Error {
  override readonly name = 'CheckoutError'
}

const SOURCE = /\.(?:ts|js|wxml|json)$/
/** Never uploaded, whatever the project says: settings of DevTools. */
const SETTINGS = /^project\.(?:private\.)?config\.json$/

/** Reads a folder. @throws CheckoutError if it is no project of WeChat DevTools */
export function readCheckout(folder: string): Checkout {
  const project = readJson(join(folder, 'project.config.json')) as ProjectConfig
  const kind = project.compileType === 'game' ? 'minigame' : 'miniprogram'
  const ignored = (project.packOptions?.ignore ?? []).map(({ type, value }) => (type === 'folder' ? `${value}/` : value))
  const files = new Map<string, number>()
  const sources = new Map<string, string>()
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const name = relative(folder, path)
    // The sources of a mini game are not uploaded, and show what the one script does.
    if (SOURCE.test(name) && !name.startsWith('miniprogram_npm/') && name !== 'game.js' && !name.startsWith('typings/'))
      sources.set(name, readFileSync(path, 'utf8'))
    if (!SETTINGS.test(name) && !ignored.some((rule) => name === rule || (rule.endsWith('/') && name.startsWith(rule))))
      files.set(name, statSync(path).size)
  }
  return { kind, files, sources, project, app: kind === 'minigame' ? {} : (readJson(join(folder, 'app.json')) as AppConfig) }
}

function readJson(path: string): unknown {
  if (!existsSync(path)) throw new CheckoutError(`There is no ${path}: name the folder that WeChat DevTools opens.`)
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as unknown
  } catch (error) {
    throw new CheckoutError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The text of a constant, `NAME = '…'` or `name: '…'`; null if it is not there. */
export function constantIn({ sources }: Checkout, file: string, name: string): string | null {
  const found = new RegExp(`\\b${name}\\s*[:=]\\s*'([^']*)'`).exec(sources.get(file) ?? '')
  return found?.[1] ?? null
}
