// `node preview/build.ts`: makes a static site from the mini program: its pages as they are, and the host that runs them.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { bundleScript } from './bundle.ts'
import { bundleMiniGamePage } from './minigame.ts'
import { onThisServer } from './this-server.ts'
import { cssOf } from './wxss.ts'

const ROOT = dirname(import.meta.dirname)
const MINI = join(ROOT, 'miniprogram')
const SDK = join(ROOT, 'client-sdk')
/** The folder that nginx serves at `/`. */
export const PREVIEW_DIST = join(import.meta.dirname, 'dist')

/** All inputs of the site. */
const INPUTS = [
  'miniprogram',
  'minigame',
  'preview',
  'tools/cluster-page/report.ts',
  'client-sdk/src',
  'client-sdk/build',
  'package-lock.json',
]
const NOT_INPUTS = /(^|\/)(miniprogram_npm|typings|dist)(\/|$)|^minigame\/game\.js$/

interface PageConfig {
  component?: boolean
  usingComponents?: Record<string, string>
}
interface AppConfig {
  pages: string[]
  window: Record<string, string>
  themeLocation: string
}

/** The folder that nginx serves at `/` of a cluster that plays this game. */
export const siteOf = (game: string): string => (game === 'rps' ? PREVIEW_DIST : join(PREVIEW_DIST, 'games', game))

/** Builds the page of a game, `games/<name>/page.ts` with its style, or the mini program of rps; see `buildSite`. */
export async function buildPreview(game = 'rps'): Promise<void> {
  await buildSite()
  const page = join(ROOT, 'games', game, 'page')
  if (game === 'rps' || !existsSync(`${page}.ts`)) return
  const site = siteOf(game)
  mkdirSync(join(site, 'assets'), { recursive: true })
  const html = read(join(import.meta.dirname, 'game.html'))
  writePage(
    'index.html',
    'game',
    { html, script: await bundleScript(`${page}.ts`, { name: 'sdk', resolveId: sdkOf }), style: read(`${page}.css`) },
    site,
  )
  cpSync(join(PREVIEW_DIST, 'cluster.html'), join(site, 'cluster.html'))
  cpSync(join(PREVIEW_DIST, 'assets'), join(site, 'assets'), { recursive: true })
}

const sdkOf = (id: string): string | null => (id === 'caiquan-client' ? join(SDK, 'src/index.ts') : null)

/** Builds the site unless it is up to date. Completely or not at all: other processes may build at the same time. */
async function buildSite(): Promise<void> {
  const wanted = digest()
  if (read(join(PREVIEW_DIST, '.stamp')) === wanted) return
  execFileSync(process.execPath, [join(SDK, 'build/build.ts'), '--js'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const app = json('app.json') as AppConfig
  const components = componentsOf(app.pages)
  const script = await bundle(app, components)
  const style = styleOf(app, components)
  const cluster = join(import.meta.dirname, 'cluster')
  const miniGame = join(import.meta.dirname, 'minigame')

  mkdirSync(join(PREVIEW_DIST, 'assets'), { recursive: true })
  cpSync(join(MINI, 'images'), join(PREVIEW_DIST, 'images'), { recursive: true })
  const kept = new Set([
    ...writePage('index.html', 'app', { html: read(join(import.meta.dirname, 'index.html')), script, style }),
    ...writePage('cluster.html', 'cluster', {
      html: read(join(cluster, 'index.html')),
      script: await bundleScript(join(cluster, 'main.ts')),
      style: read(join(cluster, 'page.css')),
    }),
    ...writePage('minigame.html', 'minigame', {
      html: read(join(import.meta.dirname, 'game.html')),
      script: await bundleMiniGamePage(),
      style: read(join(miniGame, 'page.css')),
    }),
  ])
  for (const name of readdirSync(join(PREVIEW_DIST, 'assets'))) {
    if (!kept.has(name) && /^(app|cluster|minigame)-\w+\.(js|css)$/.test(name)) rmSync(join(PREVIEW_DIST, 'assets', name), { force: true })
  }
  write('.stamp', wanted)
}

/** Writes a page with its script and style, which are named after their content. @returns those names */
function writePage(
  file: string,
  prefix: string,
  { html, script, style }: { html: string; script: string; style: string },
  site = PREVIEW_DIST,
): string[] {
  const names = { script: `${prefix}-${hash(script)}.js`, style: `${prefix}-${hash(style)}.css` }
  write(`assets/${names.script}`, script, site)
  write(`assets/${names.style}`, style, site)
  write(file, html.replace('{{script}}', `/assets/${names.script}`).replace('{{style}}', `/assets/${names.style}`), site)
  return Object.values(names)
}

const read = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '')
const json = (file: string): unknown => JSON.parse(readFileSync(join(MINI, file), 'utf8'))
const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10)

function write(name: string, text: string, site = PREVIEW_DIST): void {
  const file = join(site, name)
  writeFileSync(`${file}.${process.pid}`, text)
  renameSync(`${file}.${process.pid}`, file)
}

function digest(): string {
  const sum = createHash('sha256')
  for (const input of INPUTS) {
    const path = join(ROOT, input)
    const files = /\.\w+$/.test(input)
      ? [path]
      : readdirSync(path, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
    for (const file of files.sort()) {
      const name = relative(ROOT, file)
      if (!NOT_INPUTS.test(name)) sum.update(`${name}\0`).update(readFileSync(file))
    }
  }
  return sum.digest('hex')
}

/** Paths of all components that the pages use, each after those that it uses itself, with its tag. */
function componentsOf(pages: string[]): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (path: string): void => {
    for (const [tag, target] of Object.entries((json(`${path}.json`) as PageConfig).usingComponents ?? {})) {
      const used = target.replace(/^\//, '')
      const known = found.get(used)
      if (known !== undefined && known !== tag) throw new Error(`${used} goes by two names: <${known}> and <${tag}>.`)
      if (known !== undefined) continue
      visit(used)
      found.set(used, tag)
    }
  }
  pages.forEach(visit)
  return found
}

/** The framework's prefix for each class of a component. */
const prefixOf = (path: string): string => path.replaceAll('/', '-')

function styleOf(app: AppConfig, components: Map<string, string>): string {
  const theme = json(app.themeLocation) as Record<'light' | 'dark', Record<string, string>>
  const variables = (colours: Record<string, string>): string =>
    Object.entries(app.window)
      .filter(([, value]) => value.startsWith('@'))
      .map(([name, value]) => `--${name}:${colours[value.slice(1)]};`)
      .join('')
  return [
    `:root{${variables(theme.light)}}\n@media (prefers-color-scheme: dark){:root{${variables(theme.dark)}}}`,
    read(join(import.meta.dirname, 'host/frame.css')),
    cssOf(read(join(MINI, 'app.wxss')), { kind: 'app' }),
    ...app.pages.map((path) => cssOf(read(join(MINI, `${path}.wxss`)), { kind: 'page', path })),
    ...[...components].map(([path, tag]) => cssOf(read(join(MINI, `${path}.wxss`)), { kind: 'component', tag, prefix: prefixOf(path) })),
  ].join('\n')
}

/** One script: the host, then app.ts, the components and the pages in WeChat's order, then the start. */
async function bundle(app: AppConfig, components: Map<string, string>): Promise<string> {
  const paths = [...components.keys(), ...app.pages]
  const host = (name: string): string => join(import.meta.dirname, 'host', name)
  const quoted = JSON.stringify
  const modules: Record<string, string> = {
    'preview:entry': [
      `import ${quoted(host('globals.ts'))}`,
      `import ${quoted(join(MINI, 'app.ts'))}`,
      ...paths.flatMap((path) => [`import ${quoted(`preview:at/${path}`)}`, `import ${quoted(join(MINI, `${path}.ts`))}`]),
      `import { start } from ${quoted(host('start.ts'))}`,
      `start(${quoted({ pages: app.pages, title: app.window['navigationBarTitleText'] })})`,
    ].join('\n'),
    'preview:templates': await templatesOf(paths),
  }
  for (const path of paths) {
    const config = json(`${path}.json`) as PageConfig
    modules[`preview:at/${path}`] = [
      `import { declare } from ${quoted(host('code.ts'))}`,
      `import templates from 'preview:templates'`,
      `declare(${quoted({
        path,
        config,
        prefix: components.has(path) ? prefixOf(path) : '',
        tags: Object.keys(config.usingComponents ?? {}),
      })}, templates)`,
    ].join('\n')
  }
  return bundleScript('preview:entry', {
    name: 'preview',
    resolveId: (id) => (id in modules ? id : id === 'caiquan-client' ? join(SDK, 'miniprogram_dist/index.js') : null),
    load(id) {
      if (id in modules) return { code: modules[id] ?? '', moduleType: 'js', moduleSideEffects: true }
      // A phone needs a configured server; a browser plays on the server that the page comes from.
      return resolve(id) === join(MINI, 'services/config.ts') ? onThisServer(id) : null
    },
  })
}

async function templatesOf(paths: string[]): Promise<string> {
  const { TmplGroup } = (await import('glass-easel-template-compiler')).default
  const group = new TmplGroup()
  for (const path of paths) {
    const problems = group.addTmpl(path, readFileSync(join(MINI, `${path}.wxml`), 'utf8')) as { message?: string }[]
    if (problems.length > 0)
      throw new Error(`${path}.wxml: ${problems.map((problem) => problem.message ?? JSON.stringify(problem)).join('; ')}`)
  }
  const code = `export default ${group.getTmplGenObjectGroups()}`
  group.free()
  return code
}

if (import.meta.main) {
  const begun = performance.now()
  await buildPreview()
  process.stdout.write(`The preview is in ${PREVIEW_DIST} (${((performance.now() - begun) / 1000).toFixed(1)} s)\n`)
}
